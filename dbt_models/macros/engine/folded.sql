{# A text as people's names and addresses are compared: in lower case, without accents, and of all else only letters and digits.
   NULL if nothing is left. #}
{% macro folded(text) -%}
nullif({{ adapter.dispatch('letters_and_digits')(spelt_out("lower(" ~ text ~ ")")) }}, '')
{%- endmacro %}

{# Letters that are no accented form of another. #}
{% macro spelt_out(text) -%}
translate(replace(replace(replace({{ text }}, 'ß', 'ss'), 'œ', 'oe'), 'æ', 'ae'), 'øłđðı', 'olddi')
{%- endmacro %}

{% macro default__letters_and_digits(text) -%}
    regexp_replace(strip_accents({{ text }}), '[^\p{L}\p{N}]', '', 'g')
{%- endmacro %}

{# Spark has no function for accents: each accented letter of Latin, Greek and Cyrillic with the plain one that DuckDB takes it for.
   Accents that stand by themselves are no letters. #}
{% macro spark__letters_and_digits(text) -%}
    regexp_replace(translate({{ text }},
        'àáâãäåçèéêëìíîïñòóôõöùúûüýÿāăąćĉċčďēĕėęěĝğġģĥĩīĭįĵķĺļľńņňōŏőŕŗřśŝşšţťũūŭůűųŵŷźżžơưǎǐǒǔǖǘǚǜǟǡǣǧǩǫǭǯǰǵ' ||
        'ǹǻǽǿȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳʹ;΅·ΐάέήίΰϊϋόύώϓϔйѐёѓїќѝўѷӂӑӓӗӛӝӟӣӥӧӫӭӯӱӳӵӹḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽ' ||
        'ḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙẛạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹἀἁἂἃἄἅ' ||
        'ἆἇἐἑἒἓἔἕἠἡἢἣἤἥἦἧἰἱἲἳἴἵἶἷὀὁὂὃὄὅὐὑὒὓὔὕὖὗὠὡὢὣὤὥὦὧὰάὲέὴήὶίὸόὺύὼώᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾰᾱᾲᾳᾴᾶᾷι῁ῂῃῄῆῇ῍῎' ||
        '῏ῐῑῒΐῖῗ῝῞῟ῠῡῢΰῤῥῦῧ῭΅`ῲῳῴῶῷ´',
        'aaaaaaceeeeiiiinooooouuuuyyaaaccccdeeeeegggghiiiijklllnnnooorrrssssttuuuuuuwyzzzouaiouuuuuaaægkooʒjg' ||
        'naæøaaeeiioorruusthaeooooyʹ;¨·ιαεηιυιυουωϒϒиеегікиуѵжааеәжзииоөэууучыabbbcdddddeeeeefghhhhhiikkkllll' ||
        'mmmnnnnoooopprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwyſaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyyαααααα' ||
        'ααεεεεεεηηηηηηηηιιιιιιιιοοοοοουυυυυυυυωωωωωωωωααεεηηιιοουυωωααααααααηηηηηηηηωωωωωωωωαααααααι¨ηηηηη᾿᾿' ||
        '᾿ιιιιιι῾῾῾υυυυρρυυ¨¨`ωωωωω´'
    ), '[^\\p{L}\\p{N}]', '')
{%- endmacro %}
