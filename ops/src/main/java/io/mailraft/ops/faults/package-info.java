/**
 * Faults that real machines have, made on purpose on this one.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.ops.faults.SyscallFault} lets the disk calls of a running process fail or take
 * long. Tests and the torture run put nodes under it.
 *
 * <h2>Invariants</h2>
 *
 * A fault is there once the object that stands for it exists, and gone once that is closed.
 *
 * <h2>Threads</h2>
 *
 * An object may be used from any thread, by one at a time.
 *
 * <h2>Failure</h2>
 *
 * What the machine cannot do (no strace, no right to trace) is said by an exception that names it,
 * and can be asked for before.
 *
 * <h2>Security</h2>
 *
 * Tracing another process needs root, or the same user and a kernel that allows it.
 *
 * <h2>Known limits</h2>
 *
 * Linux alone. If this JVM ends by SIGKILL the tracer goes on, and with it the fault.
 */
@NullMarked
package io.mailraft.ops.faults;

import org.jspecify.annotations.NullMarked;
