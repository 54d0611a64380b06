/** Tests of rates. */
@NullMarked
package io.mailraft.queue.throttle;

import org.jspecify.annotations.NullMarked;
