#!/usr/bin/env python3
"""multiply.py STATE TIMES: more hosts of the same kind. A fleet that the engine took in (bench/fleet.c) is repeated by set, with
everything that follows from it, so that a hundred thousand hosts take minutes and not an hour. The server must not run."""

import hashlib
import sqlite3
import struct
import sys
import time


def columns(db, table):
    return [row[1] for row in db.execute(f"PRAGMA table_info({table})")]  # without those that are generated


def resource_key(account, resource):
    """As store/resource.c makes it."""
    return hashlib.sha256(f"{account:012}{resource}".encode()).digest()[:6]


def finding_key(account, resource, vulnerability):
    """As store/finding_state.c makes it: the same when the finding recurs."""
    words = [f"{account:012}", resource, "PACKAGE_VULNERABILITY", vulnerability]
    digest = hashlib.sha256(b"".join(struct.pack("<I", len(w)) + w.encode() for w in words)).digest()
    return resource_key(account, resource) + digest[:10]


def indexes(db, table):
    return db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", [table]).fetchall()


def repeat(db, table, change):
    """Every row again for each copy k; `change` says what differs, the ids of hosts by :hosts and so on."""
    names = columns(db, table)
    values = ", ".join(change.get(name, "t." + name) for name in names)
    rest = indexes(db, table)
    for name, _ in rest:
        db.execute(f"DROP INDEX {name}")
    db.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM copy CROSS JOIN {table} t")
    for _, sql in rest:
        db.execute(sql)


def rebuild(db, table, change, order):
    """As repeat(), for a table whose key begins with what all copies share: written anew, in order."""
    (sql,) = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()
    names, rest = columns(db, table), indexes(db, table)
    db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    for name, _ in rest:
        db.execute(f"DROP INDEX {name}")
    db.execute(sql)
    values = ", ".join(change.get(name, "t." + name) for name in names)
    same = ", ".join(names)
    db.execute(
        f"INSERT INTO {table} ({same}) SELECT {same} FROM (SELECT {same} FROM old_{table} UNION ALL"
        f" SELECT {values} FROM copy CROSS JOIN old_{table} t) ORDER BY {order}"
    )
    db.execute(f"DROP TABLE old_{table}")
    for _, text in rest:
        db.execute(text)


def main(path, times):
    db = sqlite3.connect(path, isolation_level=None)
    db.create_function("host_id", 1, lambda n: f"mi-{n:017x}", deterministic=True)
    db.create_function("digest", 2, lambda d, k: hashlib.sha256(d + bytes([k])).digest(), deterministic=True)
    db.create_function("resource_key", 2, resource_key, deterministic=True)
    db.create_function("finding_key", 3, finding_key, deterministic=True)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -400000")
    hosts, inventories, findings = (db.execute(f"SELECT max(id) FROM {t}").fetchone()[0] for t in ("resource", "inventory", "finding"))
    db.execute("CREATE TEMP TABLE copy (k INTEGER)")
    db.executemany("INSERT INTO copy VALUES (?)", [(k,) for k in range(1, times)])
    host, inventory, finding = (f"{{}} + k * {n}" for n in (hosts, inventories, findings))
    resource = {"resource": host.format("t.resource")}
    steps = [
        (repeat, "resource_heard", resource),
        (rebuild, "resource_tag", resource, "account, key, value, resource"),
        (repeat, "coverage", resource),
        (repeat, "inventory", {"id": inventory.format("t.id"), "digest": "digest(t.digest, k)"}),
        (rebuild, "holding", {"inventory": inventory.format("t.inventory")}, "account, package, inventory"),
        (repeat, "finding_package", {"finding": finding.format("t.finding")}),
        (
            repeat,
            "finding",
            {
                "id": finding.format("t.id"),
                "resource": host.format("t.resource"),
                "key": f"finding_key(t.account, host_id(t.resource + k * {hosts}), t.vulnerability_id)",
            },
        ),
        (
            repeat,
            "resource",
            {
                "id": host.format("t.id"),
                "resource_id": f"host_id(t.id + k * {hosts})",
                "key": f"resource_key(t.account, host_id(t.id + k * {hosts}))",
                "inventory": inventory.format("t.inventory"),
                "name": f"'host-' || (t.id + k * {hosts})",
            },
        ),
    ]
    for step, table, *rest in steps:
        began = time.monotonic()
        db.execute("BEGIN")
        step(db, table, *rest)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        print(f"{table}: {db.execute(f'SELECT count(*) FROM {table}').fetchone()[0]:,} rows, {time.monotonic() - began:.0f} s", flush=True)
    counts = ["critical", "high", "medium", "total", "exploitable", "fixable", "network"]
    db.execute("UPDATE counter SET " + ", ".join(f"{c} = {c} * {times}" for c in counts))
    db.execute(f"UPDATE usage_meter SET active = active * {times}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
