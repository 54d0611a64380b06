/**
 * Faults of the machine below a node: power, disk, network, clock.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.ops.faults.LoopDisk} is a disk that loses power, fills up or turns read-only,
 * {@link io.mailraft.ops.faults.NodeNetwork} a network that is cut, loses and delays packets,
 * {@link io.mailraft.ops.faults.FakeClock} a wall clock that jumps. All are what the kernel does
 * with real disks and sockets, so that a node needs no switch for tests. The chaos kit places nodes
 * on them. {@link io.mailraft.ops.faults.SyscallFault} lets the disk calls of a node that runs fail
 * or take long.
 *
 * <h2>Invariants</h2>
 *
 * After a power cut everything is there that an fsync returned for, and nothing that was not on its
 * way to the disk. A network that is healed has no rule and no relay left. A clock's jump moves the
 * wall clock alone; monotonic time and waits go on. A fault is there once the object that stands
 * for it exists, and gone once that is closed.
 *
 * <h2>Threads</h2>
 *
 * Methods may be called from any thread, one after another. A delayed node has four threads that
 * carry its frames.
 *
 * <h2>Failure</h2>
 *
 * {@code unavailable()} says why a machine cannot do it: not root, or a program that is missing. An
 * exception names it where nobody asked before. What was set up is taken down in reverse order,
 * also where the set-up broke off half-way. A command that does not succeed is reported with what
 * it printed.
 *
 * <h2>Security</h2>
 *
 * Needs root; tracing another process alone is content with the same user and a kernel that allows
 * it. Mounts, loop devices, bridges and namespaces carry names of their own; nothing of the
 * machine's is changed. Addresses are of 10.77.0.0/16 and reachable from this machine alone.
 *
 * <h2>Known limits</h2>
 *
 * If this JVM itself ends by SIGKILL, its mounts, loop devices and namespaces stay until somebody
 * removes them ({@code umount}, {@code losetup -D}, {@code ip netns delete}), and so does what
 * libfaketime keeps in {@code /dev/shm}. Which packets are lost is drawn by the kernel and follows
 * no seed. Linux alone. The tracer of system calls goes on after such an end too, and with it the
 * fault.
 */
@NullMarked
package io.mailraft.ops.faults;

import org.jspecify.annotations.NullMarked;
