"""How fast the service is: the real server, a real Postgres with fsync on and a real Valkey, on a machine that does
nothing else. Every figure is put beside a reference of the same run (`make bench`, docs/performance.md).
"""
