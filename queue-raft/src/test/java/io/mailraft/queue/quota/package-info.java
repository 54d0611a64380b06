/** Tests of quotas. */
@NullMarked
package io.mailraft.queue.quota;

import org.jspecify.annotations.NullMarked;
