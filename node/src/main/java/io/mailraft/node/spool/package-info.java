/**
 * What a request brings that is too large to be held in memory.
 *
 * <h2>Purpose</h2>
 *
 * {@link io.mailraft.node.spool.Spool} is the directory {@code tmp} of the data directory; {@link
 * io.mailraft.node.spool.SpoolFile} keeps the bytes of one request, the first ones in memory and
 * whatever is more than that in a file.
 *
 * <h2>Invariants</h2>
 *
 * A file has no name from the moment at which it is made, so it is gone with its last user: closed,
 * given up or killed. All memory of all spool files together is bounded (I9).
 *
 * <h2>Threads</h2>
 *
 * A spool file belongs to one thread at a time; once it is written, any may read it. The directory
 * is safe for any thread.
 *
 * <h2>Failure</h2>
 *
 * Closing does not fail: what was spooled may be stored by then. A disk that is nearly full is told
 * by {@link io.mailraft.node.spool.SpoolFullException} before the queue's own reserve is touched.
 *
 * <h2>Security</h2>
 *
 * What is spooled is mail. Files are for the node's user alone.
 *
 * <h2>Known limits</h2>
 *
 * Spooled bytes are not synced: they are of no use to a later process. Free space is looked at
 * every 4 MiB of a file.
 */
@NullMarked
package io.mailraft.node.spool;

import org.jspecify.annotations.NullMarked;
