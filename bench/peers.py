"""Other relays, each with its own directory and group of processes, told to pass everything to the sink."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import measuring

NODE = 'node'
NPM = 'npm'
# Haraka 3.1.1 and what it depends on as of that day: newer releases may come while measurements are compared.
NPM_BEFORE = '2026-01-01'


class Postfix:
    """Postfix with a configuration directory of its own, told to pass everything to the sink."""

    def __init__(self, directory, sink_port, more=''):
        """more: further lines of main.cf."""
        self.directory = Path(directory)
        self.ports = [measuring.free_port()]
        self.etc = self.directory / 'etc'
        self.group = measuring.Group('postfix')
        try:
            self._begin(sink_port, more)
        except BaseException:
            self.stop()
            raise

    def _begin(self, sink_port, more):
        self.etc.mkdir(parents=True)
        queue = self.directory / 'queue'
        queue.mkdir()
        data = self.directory / 'data'
        data.mkdir()
        shutil.chown(data, 'postfix')
        for parent in (self.directory, self.etc, queue):
            parent.chmod(0o755)
        settings = f'''\
compatibility_level=3.6
config_directory={self.etc}
queue_directory={queue}
data_directory={data}
maillog_file=/var/log/mailraft-bench-postfix.log
myhostname=postfix.example
mydestination=
alias_maps=
local_recipient_maps=
inet_interfaces=127.0.0.1
inet_protocols=ipv4
mynetworks=127.0.0.0/8
relayhost=[127.0.0.1]:{sink_port}
smtpd_relay_restrictions=permit_mynetworks,reject
smtpd_client_connection_count_limit=0
smtpd_tls_security_level=none
smtp_tls_security_level=none
smtp_connection_cache_on_demand=yes
default_destination_concurrency_limit=50
initial_destination_concurrency=20
default_process_limit=200
default_destination_concurrency_failed_cohort_limit=10
in_flow_delay=0s
max_use=1000
message_size_limit=104857600
mailbox_size_limit=0
queue_minfree=0
{more}'''
        (self.etc / 'main.cf').write_text(settings)
        for candidate in ('/usr/share/postfix/master.cf.dist', '/etc/postfix/master.cf'):
            if os.path.exists(candidate):
                shutil.copy(candidate, self.etc / 'master.cf')
                break
        for name in ('postfix-files', 'dynamicmaps.cf', 'post-install', 'postfix-script'):
            if os.path.exists(f'/etc/postfix/{name}'):
                shutil.copy(f'/etc/postfix/{name}', self.etc / name)
        self._tool('postconf', '-F', '*/*/chroot=n')
        self._tool('postconf', '-MX', 'smtp/inet')
        service = f'127.0.0.1:{self.ports[0]}/inet'
        self._tool('postconf', '-M', f'{service}=127.0.0.1:{self.ports[0]} inet n - n - - smtpd')
        self._tool('postfix', 'start', in_group=True)
        measuring.wait_until(lambda: measuring.answers(self.ports[0]), 30, 'Postfix answers')

    def _tool(self, name, *arguments, in_group=False):
        done = subprocess.run([f'/usr/sbin/{name}', '-c', str(self.etc), *arguments], capture_output=True, text=True,
                              preexec_fn=self.group.join if in_group else None)
        if done.returncode != 0:
            raise RuntimeError(f'{name} {" ".join(arguments)}: {done.stdout}{done.stderr}')

    def deferred(self):
        """How many messages are deferred; None while others are still to be attempted."""
        queue = self.directory / 'queue'
        # In the order in which a message goes through them: one that moves meanwhile is seen in the next.
        for name in ('maildrop', 'incoming', 'active'):
            if any(files for _, _, files in os.walk(queue / name)):
                return None
        return sum(len(files) for _, _, files in os.walk(queue / 'deferred'))

    def stop(self):
        try:
            subprocess.run(['/usr/sbin/postfix', '-c', str(self.etc), 'stop'], capture_output=True, timeout=60)
        except subprocess.TimeoutExpired as slow:
            print(f'{slow}; its processes are killed', file=sys.stderr)
        finally:
            self.group.remove()
            shutil.rmtree(self.directory, ignore_errors=True)
            Path('/var/log/mailraft-bench-postfix.log').unlink(missing_ok=True)


class Haraka:
    """Haraka from npm, with two workers, one plugin that takes everything, and its queue in the directory."""

    PLUGIN = '''\
exports.hook_connect = (next, connection) => { connection.relaying = true; next() }
exports.hook_rcpt = (next, connection) => { connection.relaying = true; next(OK) }
exports.hook_get_mx = (next, mail, domain) => next(OK, { priority: 0, exchange: '127.0.0.1', port: SINK })
'''

    @staticmethod
    def install(directory):
        """Fetches it, without a lock file, unless it is there. Why it cannot be had, or None."""
        if (Path(directory) / 'node_modules' / 'Haraka').exists():
            return None
        if not shutil.which(NODE) or not shutil.which(NPM):
            return 'node and npm are not installed'
        Path(directory).mkdir(parents=True, exist_ok=True)
        done = subprocess.run([NPM, 'install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--omit=dev',
                               '--omit=optional', f'--before={NPM_BEFORE}', 'Haraka'], cwd=directory, capture_output=True, text=True)
        return None if done.returncode == 0 else f'npm could not install it: {done.stderr[-500:]}'

    def __init__(self, installed, directory, sink_port):
        self.directory = Path(directory)
        package = Path(installed) / 'node_modules' / 'Haraka'
        config = self.directory / 'config'
        config.mkdir(parents=True)
        (self.directory / 'plugins').mkdir()
        queue = self.directory / 'queue'
        queue.mkdir()
        self.ports = [measuring.free_port()]
        shutil.copy(package / 'config' / 'outbound.bounce_message', config)
        (self.directory / 'plugins' / 'bench.js').write_text(self.PLUGIN.replace('SINK', str(sink_port)))
        for name, text in {
                'plugins': 'bench',
                'smtp.ini': f'listen=127.0.0.1:{self.ports[0]}\nnodes=2\ninactivity_timeout=300',
                'outbound.ini': 'concurrency_max=100\nenable_tls=false\nlocal_mx_ok=true\ntemp_fail_intervals=5m,10m*3,1h*10',
                'connection.ini': re.sub(r'(?m)^bytes=.*', 'bytes=2147483647', (package / 'config' / 'connection.ini').read_text()),
                'log.ini': 'level=notice', 'queue_dir': str(queue), 'me': 'haraka.example'}.items():
            (config / name).write_text(text + '\n')
        (self.directory / 'package.json').write_text('{"name":"bench","version":"1.0.0"}')
        self.process = None
        self.group = measuring.Group('haraka')
        try:
            with (self.directory / 'log').open('wb') as log:
                self.process = subprocess.Popen([NODE, package / 'bin' / 'haraka', '-c', self.directory], stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=log, preexec_fn=self.group.join)
            measuring.wait_until(lambda: measuring.answers(self.ports[0]), 30, 'Haraka answers')
        except BaseException:
            self.stop()
            raise

    def stop(self):
        try:
            if self.process:
                self.process.terminate()
                self.process.wait(20)
        except subprocess.TimeoutExpired:
            print('Haraka does not end, and is killed', file=sys.stderr)
        finally:
            measuring.end([self.process] if self.process else [])
            self.group.remove()
            shutil.rmtree(self.directory, ignore_errors=True)
