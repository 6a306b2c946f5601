"""The example on object storage, on a real store."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from concertmaster import Connection
from documentation import ROOT
from engine_harness import running_engine
from s3_server import S3Server

EXAMPLE = ROOT / "examples" / "orders-in-s3.yaml"


async def test_orders_of_a_month_are_added_up(s3: S3Server, tmp_path: Path) -> None:
    client, bucket = s3.client(), s3.make_bucket("orders-in-s3")
    for day, lines in (("11-01", "Lima,3\nOslo,4"), ("11-02", "Lima,5"), ("12-01", "Lima,100")):
        client.put_object(Bucket=bucket, Key=f"orders/2026-{day}.csv", Body=f"city,price\n{lines}\n".encode())
    shop = Connection("s3", "shop", s3.values(bucket))
    async with running_engine(tmp_path, connections={"shop": shop}, allow="127.0.0.1") as harness:
        row, events = await harness.run(EXAMPLE.read_text(), {"month": "2026-11"})
        assert row.status == "succeeded", row.error
        none, _ = await harness.run(EXAMPLE.read_text(), {"month": "2026-10"})
    assert events[-1].body.outputs == {"url": f"s3://{bucket}/reports/2026-11.parquet", "cities": 2}
    report = client.get_object(Bucket=bucket, Key="reports/2026-11.parquet")["Body"].read()
    assert pl.read_parquet(io.BytesIO(report)).sort("city").rows() == [("Lima", 8, 2), ("Oslo", 4, 1)]
    assert none.error is not None
    assert none.error.code == "s3.none_found"
