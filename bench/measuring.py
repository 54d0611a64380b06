"""What every measurement here needs: groups of processes with their CPU time and memory, an SMTP sink that counts, a quiet
machine, free ports, a file system for the queues, and nodes of ours. Linux, cgroup 1 or 2, root."""
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SINK = '/usr/sbin/smtp-sink'
SOURCE = '/usr/sbin/smtp-source'
TICKS_PER_SECOND = os.sysconf('SC_CLK_TCK')
# Time for the kernel to let go of the files of processes that have ended.
UNMOUNT_SECONDS_MAX = 20
CGROUP_1 = Path('/sys/fs/cgroup/cpuacct')
CGROUP_2 = Path('/sys/fs/cgroup')


def prepare():
    """Takes as many descriptors as the hard limit gives, and lets SIGTERM and SIGHUP end the run as an exception does: what was
    started is then stopped, and what was mounted unmounted. A second one does not disturb that; nohup keeps its meaning."""
    ending = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]

    def end_run(number, _):
        for each in ending:
            # Not SIG_IGN, which the tools that are called to clean up would inherit.
            signal.signal(each, lambda *_: None)
        sys.exit(f'ended by {signal.Signals(number).name}')
    for number in ending:
        signal.signal(number, end_run)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port():
    """A port of 127.0.0.1 below those of outgoing connections."""
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue
    raise RuntimeError('no free port')


def wait_until(condition, seconds, what, pause=0.05):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f'waited {seconds} s in vain until {what}')
        time.sleep(pause)


def answers(port):
    """Whether an SMTP server greets on the port."""
    try:
        with socket.create_connection(('127.0.0.1', port), 1) as s:
            s.settimeout(5)
            return s.recv(3) == b'220'
    except OSError:
        return False


def process_seconds(pid):
    """CPU time of one process, user and system; 0 where it is gone."""
    try:
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def busy_seconds():
    """CPU time of all processes of the machine."""
    fields = Path('/proc/stat').read_text().split('\n', 1)[0].split()
    return (int(fields[1]) + int(fields[2]) + int(fields[3])) / TICKS_PER_SECOND


class Group:
    """A control group that counts the CPU time of a relay's processes, those that have ended included."""

    def __init__(self, name):
        self.version_1 = CGROUP_1.is_dir()
        self.path = (CGROUP_1 if self.version_1 else CGROUP_2) / f'mailraft-bench-{os.getpid()}-{name}'
        self.path.mkdir()
        self.peak_kib = 0
        self._stop = threading.Event()
        self._thread = None

    def join(self):
        """Puts the calling process into the group; for preexec_fn."""
        (self.path / 'cgroup.procs').write_text(str(os.getpid()))

    def pids(self):
        return [int(pid) for pid in (self.path / 'cgroup.procs').read_text().split()]

    def seconds(self):
        if self.version_1:
            return int((self.path / 'cpuacct.usage').read_text()) / 1e9
        stat = dict(line.split() for line in (self.path / 'cpu.stat').read_text().splitlines())
        return int(stat['usage_usec']) / 1e6

    def memory_kib(self):
        """Proportional set size: what is shared counts once."""
        total = 0
        for pid in self.pids():
            try:
                for line in Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
                    if line.startswith('Pss:'):
                        total += int(line.split()[1])
            except OSError:
                pass
        return total

    def watch(self):
        """Begins to look for the peak of memory, each half second."""
        self.peak_kib = self.memory_kib()
        self._stop.clear()

        def look():
            while not self._stop.wait(0.5):
                self.peak_kib = max(self.peak_kib, self.memory_kib())
        self._thread = threading.Thread(target=look, daemon=True)
        self._thread.start()

    def watched(self):
        self._stop.set()
        self._thread.join()
        return self.peak_kib

    def remove(self):
        """Ends what is left in the group, by process id, and removes it."""
        if self._thread:
            self.watched()
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_until(lambda: not self.pids(), 20, f'{self.path.name} is empty')
        self.path.rmdir()


class Sink:
    """smtp-sink on a port of 127.0.0.1."""

    def __init__(self, port, counts):
        self.port = port
        self.counts = Path(counts) / f'sink.{port}'
        self._out = self.counts.open('wb')
        self.process = subprocess.Popen(
            [SINK, '-c', '-u', 'nobody', '-m', '2000', f'127.0.0.1:{port}', '1000'],
            stdout=self._out, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: answers(port), 10, 'smtp-sink answers')
        except BaseException:
            self.stop()
            raise

    def count(self):
        """Messages taken so far, from the counters that smtp-sink prints over and over."""
        with self.counts.open('rb') as f:
            f.seek(max(0, f.seek(0, 2) - 400))
            found = re.findall(rb'mesg=(\d+)\r', f.read())
        return int(found[-1]) if found else 0

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self._out.close()
        self.counts.unlink()


def source(port, sessions, size, messages):
    """smtp-source that keeps its sessions open from message to message."""
    return subprocess.Popen(
        [SOURCE, '-4', '-d', '-N', '-s', str(sessions), '-l', str(size), '-m', str(messages), '-M', 'source.example',
         '-f', 'bench@sender.example', '-t', 'reader@dest.example', f'127.0.0.1:{port}'],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Image:
    """A journaled ext4 file system on a file that is really allocated."""

    def __init__(self, directory, gib):
        self.file = Path(directory) / 'queue.img'
        self.mount = Path(directory) / 'queue'
        self.mount.mkdir()
        subprocess.run(['dd', 'if=/dev/zero', f'of={self.file}', 'bs=1M', f'count={gib * 1024}', 'conv=fdatasync',
                        'status=none'], check=True)
        self.loop = subprocess.run(['losetup', '-f', '--show', '--direct-io=on', str(self.file)], check=True,
                                   capture_output=True, text=True).stdout.strip()
        try:
            subprocess.run(['mkfs.ext4', '-q', '-F', '-E', 'nodiscard,lazy_itable_init=0,lazy_journal_init=0', self.loop],
                           check=True)
            subprocess.run(['mount', '-o', 'noatime,nodiscard', self.loop, str(self.mount)], check=True)
        except BaseException:
            subprocess.run(['losetup', '-d', self.loop])
            raise
        self.mount.chmod(0o755)

    def remove(self):
        """Takes it away, from under a process that still uses it too: it is gone once that lets go of it."""
        def unmounted():
            done = subprocess.run(['umount', str(self.mount)], capture_output=True, text=True)
            return done.returncode == 0 or not os.path.ismount(self.mount)
        try:
            wait_until(unmounted, UNMOUNT_SECONDS_MAX, f'{self.mount} is unmounted')
        except TimeoutError as busy:
            print(f'{busy}: a process still uses it; it is unmounted once that ends', file=sys.stderr)
            subprocess.run(['umount', '--lazy', str(self.mount)], check=True)
        # The kernel lets go of a device that is in use when its last user does.
        subprocess.run(['losetup', '-d', self.loop], check=True)
        self.file.unlink()


def client(place):
    """Compiles client.c into the directory; the path of the program."""
    compiler = shutil.which('cc') or shutil.which('gcc')
    if not compiler:
        raise RuntimeError('no C compiler found: install the package gcc')
    program = Path(place) / 'client'
    subprocess.run([compiler, '-O2', '-o', program, ROOT / 'bench' / 'client.c'], check=True)
    return program


def timed(program, out, ports, *options):
    """Our own client, which writes a line for each message to the file: microseconds from the final dot to 250."""
    return subprocess.Popen([program, '-o', out, *map(str, options), *map(str, ports)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def end(processes):
    """Kills those that still run, and reaps them."""
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()


def percentile(values, part):
    """The value below which that part (0 to 1) of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def jcmd(process, *arguments):
    """Runs jcmd of the JDK that the process runs on; its answer."""
    tool = Path(os.readlink(f'/proc/{process.pid}/exe')).parent / 'jcmd'
    done = subprocess.run([tool, str(process.pid), *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f'jcmd {" ".join(arguments)}: {done.stdout}{done.stderr}')
    return done.stdout


class Nodes:
    """One node of ours, or a cluster of them, in one group.

    The node itself, and not a script around it, is the process of each of processes; smtp, http and admin are its ports."""

    def __init__(self, count, directory, sink_port, java_options='', shards=1, settings='', zones='', connections=50, build=ROOT):
        """settings: further sections of every node's mailraft.yaml, as text; zones: further zones, as YAML; connections: those
        of the zone "default"; build: the checkout whose program they run."""
        self.directory = Path(directory)
        self.program = Path(build) / 'mailraft'
        self.java_options = java_options
        self.group = Group(f'nodes-{count}')
        self.processes = []
        raft = [free_port() for _ in range(count)]
        self.ports = [free_port() for _ in range(count)]
        self.http = [free_port() for _ in range(count)]
        self.admin = [free_port() for _ in range(count)]
        peers = ', '.join(f'n{n + 1}: "127.0.0.1:{port}"' for n, port in enumerate(raft))
        try:
            for n in range(count):
                home = self.directory / f'n{n + 1}'
                home.mkdir(parents=True)
                (home / 'mailraft.yaml').write_text(f'''\
node: {{ id: n{n + 1}, dataDir: "{home / 'data'}", addresses: [127.0.0.1] }}
cluster: {{ name: bench, shards: {shards}, peers: {{ {peers} }} }}
smtp: {{ listen: "127.0.0.1:{self.ports[n]}", hostname: n{n + 1}.example }}
http: {{ listen: "127.0.0.1:{self.http[n]}" }}
admin: {{ listen: "127.0.0.1:{self.admin[n]}" }}
zones:
  default: {{ connections: {connections}, host: 127.0.0.1, port: {sink_port} }}
  {zones}
{settings}''')
                self.processes.append(None)
                self.start(n)
            for n in range(count):
                self.wait_ready(n)
        except BaseException:
            self.stop()
            raise

    def start(self, n):
        """Starts node n, counted from 0, on what it has on disk."""
        home = self.directory / f'n{n + 1}'
        environment = dict(os.environ, MAILRAFT_JAVA_OPTS=self.java_options, MAILRAFT_BUILD='no')
        with (home / 'out').open('wb') as out, (home / 'err').open('ab') as err:
            self.processes[n] = subprocess.Popen(
                [self.program, 'start', '-c', home / 'mailraft.yaml'], env=environment, stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, preexec_fn=self.group.join)

    def wait_ready(self, n, seconds=120):
        out = self.directory / f'n{n + 1}' / 'out'

        def ready():
            if self.processes[n].poll() is not None:
                said = (self.directory / f'n{n + 1}' / 'err').read_text(errors='replace')[-1000:]
                raise RuntimeError(f'node n{n + 1} ended with {self.processes[n].returncode}: {said}')
            return b' ready: ' in out.read_bytes()
        wait_until(ready, seconds, f'{out} tells that it is ready')

    def status(self, n=0):
        """What "mailraft status" tells of the cluster, as node n sees it."""
        return json.loads(self.tool(n, 'status', '-o', 'json', ends=(0, 1)))

    def tool(self, n, *arguments, ends=(0,)):
        """What an operator's command, sent to node n, says; it is to end with one of these."""
        # What is measured was built before: a source that is saved meanwhile must not change or delay it.
        done = subprocess.run([self.program, *arguments, '--server', f'127.0.0.1:{self.admin[n]}'],
                              env=dict(os.environ, MAILRAFT_BUILD='no'), capture_output=True, text=True)
        if done.returncode not in ends:
            raise RuntimeError(f'mailraft {" ".join(arguments)}: {done.stdout}{done.stderr}')
        return done.stdout

    def metrics(self, n=0):
        """The values that node n shows to Prometheus, by their names with labels."""
        with urllib.request.urlopen(f'http://127.0.0.1:{self.http[n]}/metrics', timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(' ') for line in lines if line[:1] != '#')}

    def open_deliveries(self, n=0):
        """How many deliveries are queued, claimed and deferred, as node n has applied them, a moment ago at most."""
        depths = {name: value for name, value in self.metrics(n).items() if name.startswith('mailraft_queue_deliveries{')}
        return {state: int(sum(value for name, value in depths.items() if f'state="{state}"' in name))
                for state in ('queued', 'claimed', 'deferred')}

    def deferred(self):
        """How many deliveries are deferred; None while others are still to be attempted."""
        found = self.open_deliveries()
        return found['deferred'] if found['queued'] + found['claimed'] == 0 else None

    def stop(self):
        running = [process for process in self.processes if process is not None]
        try:
            for process in running:
                process.terminate()
            for process in running:
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            end(running)
            self.group.remove()
            shutil.rmtree(self.directory, ignore_errors=True)
