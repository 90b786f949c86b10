import time
def test_m(db):
    from django.test import Client
    for _ in range(3):
        t=time.perf_counter(); c=Client(); c.get("/health"); print("NEW", time.perf_counter()-t)
    t=time.perf_counter(); c.get("/health"); print("SAME", time.perf_counter()-t)
