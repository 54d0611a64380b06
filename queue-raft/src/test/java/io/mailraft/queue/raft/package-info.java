/** Tests of the groups. */
@NullMarked
package io.mailraft.queue.raft;

import org.jspecify.annotations.NullMarked;
