"""Virtuoso, Debian's package virtuoso-opensource-7-bin: a configuration, the daemon, a bulk load through its isql."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

DAEMON, CLIENT = "virtuoso-t", "isql-vt"
GRAPH = "http://example.org/graph"

# Buffers as its documentation advises for 2 GB; no limit on rows or time; as many threads a query as there are cores.
_CONFIGURATION = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
MaxCheckpointRemap = 2000
[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = 127.0.0.1:{sql}
ServerThreads = 20
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
ThreadsPerQuery = {cores}
AsyncQueueMaxThreads = {cores}
DirsAllowed = {data}
CheckpointInterval = 0
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerThreads = 20
MaxKeepAlives = 20
KeepAliveTimeout = 600
[SPARQL]
ResultSetMaxRows = 2000000
"""


def start(folder: Path, data: Path, most: float) -> tuple[subprocess.Popen[str], int, float]:
    """Start the daemon, load the file if the database is new; return the process, its HTTP port and the seconds.

    Raises TimeoutError where it is not up after `most` seconds, or SubprocessError where it does not load.
    """
    fresh = not folder.exists()
    sql, http = _free_port(), _free_port()
    folder.mkdir(parents=True, exist_ok=True)
    values = {"folder": folder, "sql": sql, "http": http, "data": data.parent, "cores": os.cpu_count() or 1}
    (folder / "virtuoso.ini").write_text(_CONFIGURATION.format(**values), encoding="utf-8")
    (folder / "virtuoso.lck").unlink(missing_ok=True)
    begin = time.perf_counter()
    command = [DAEMON, "+foreground", "+configfile", str(folder / "virtuoso.ini")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    while not _listens(http):
        if time.perf_counter() > begin + most or process.poll() is not None:
            process.kill()
            raise TimeoutError("it does not listen")
        time.sleep(0.1)
    begin = time.perf_counter()
    if fresh:
        commands = (f"ld_dir('{data.parent}', '{data.name}', '{GRAPH}');", "rdf_loader_run();", "checkpoint;")
        for text in commands:
            isql = [CLIENT, f"127.0.0.1:{sql}", "dba", "dba", f"exec={text}"]
            done = subprocess.run(isql, check=True, timeout=most, capture_output=True, text=True)
            if "Error" in done.stdout + done.stderr:
                process.kill()
                shutil.rmtree(folder)
                raise subprocess.SubprocessError((done.stdout + done.stderr).strip()[-200:])
    return process, http, time.perf_counter() - begin


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
