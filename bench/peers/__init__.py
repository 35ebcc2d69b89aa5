"""The floor's slice as one would write it in another library: `python -m bench.peers.pandas_slice LANDING AS_OF FOLDER`."""
