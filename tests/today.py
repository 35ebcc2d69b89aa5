"""control.today for tests that build models on tables of their own."""


def today_view(timezone: str = "Europe/Paris") -> str:
    """The statement that makes it of the table of the run, whose `as_of` alone is looked at."""
    return f"""create or replace view today as
        with run as (
            select
                as_of,
                cast((as_of - interval 1 microsecond) at time zone 'UTC' at time zone '{timezone}' as date) as as_of_date
            from run
        ),
        midnights as (
            select
                *,
                cast(as_of_date as timestamp) at time zone '{timezone}' at time zone 'UTC' as begins_at,
                cast(as_of_date + 1 as timestamp) at time zone '{timezone}' at time zone 'UTC' as ends_at
            from run
        )
        select as_of_date, ends_at, case when as_of = ends_at then ends_at else begins_at end as last_midnight from midnights"""
