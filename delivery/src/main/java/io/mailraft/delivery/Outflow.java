package io.mailraft.delivery;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.smtp.DefaultLastSmtpContent;
import io.netty.handler.codec.smtp.DefaultSmtpContent;
import io.netty.handler.codec.smtp.LastSmtpContent;
import io.netty.handler.codec.smtp.SmtpContent;
import java.util.concurrent.TimeUnit;

/**
 * The content of one message as it leaves, as fast as the socket takes it, and the final dot. All
 * on the connection's event loop.
 *
 * <p>What a receiver does not read waits in this process, and would leave it whenever the receiver
 * reads again, however long the lease has ended by then. So the dot is written only once everything
 * before it is with the system, and the lease is asked at that moment (I5). The end of a small
 * message travels with its dot in one write, for which an empty socket has room. Where the socket
 * does not take the dot at once after all, the connection is broken off when the lease ends.
 */
final class Outflow {
  private static final int SLICE_BYTES = 64 * 1024;
  private static final int STUFFING_BYTES = 64;

  /** As many bytes fit into a socket's buffer that holds nothing else, as systems have it. */
  private static final int WITH_DOT_BYTES_MAX = 16 * 1024;

  private static final long LOOK_MILLIS = 100;

  /** What it needs of its transaction. */
  interface Owner {

    /** What is put before the content. */
    byte[] header();

    /** Whether the dot may be sent. */
    boolean leased();

    /** The dot is being written. */
    void dot();

    /** The lease is over, and the dot has not left. */
    void lapsed();

    /** The content cannot be read. */
    void unreadable();
  }

  private enum State {
    CONTENT,
    DRAINING,
    OVER
  }

  private final SmtpConnection connection;
  private final Channel channel;
  private final BodyFeed feed;
  private final Owner owner;
  private final DotStuffer stuffer = new DotStuffer();
  private State state = State.CONTENT;
  private boolean begun;
  private BodyFeed.Piece.Chunk chunk = new BodyFeed.Piece.Chunk(new byte[0], false);
  private int chunkOffset;
  private boolean awaitsBody;

  Outflow(SmtpConnection connection, BodyFeed feed, Owner owner) {
    this.connection = connection;
    this.channel = connection.channel();
    this.feed = feed;
    this.owner = owner;
  }

  /** Whether it waits for content to be read. */
  boolean awaitsBody() {
    return awaitsBody;
  }

  /** Writes content as long as there is some and the socket takes it. */
  void pump() {
    if (state == State.DRAINING) {
      connection.deadline(connection.config().dataBlockTimeout());
    }
    if (state != State.CONTENT) {
      return;
    }
    boolean wrote = false;
    while (channel.isWritable()) {
      if (chunkOffset == chunk.bytes().length) {
        BodyFeed.Piece piece = feed.poll();
        awaitsBody = piece instanceof BodyFeed.Piece.NotYet;
        if (awaitsBody) {
          break;
        }
        if (!(piece instanceof BodyFeed.Piece.Chunk next)) {
          state = State.OVER;
          owner.unreadable();
          return;
        }
        chunk = next;
        chunkOffset = 0;
      }
      wrote = true;
      if (!slice()) {
        return;
      }
    }
    if (wrote) {
      channel.flush();
    }
    connection.deadline(connection.config().dataBlockTimeout());
  }

  /** Writes the next slice; false if that was the last one. */
  private boolean slice() {
    byte[] header = begun ? new byte[0] : owner.header();
    int length = Math.min(SLICE_BYTES, chunk.bytes().length - chunkOffset);
    boolean last = chunk.last() && chunkOffset + length == chunk.bytes().length;
    ByteBuf slice = channel.alloc().ioBuffer(header.length + length + STUFFING_BYTES);
    slice.writeBytes(header);
    stuffer.write(chunk.bytes(), chunkOffset, length, slice);
    chunkOffset += length;
    if (!last) {
      begun = true;
      connection.write(new DefaultSmtpContent(slice));
      return true;
    }
    stuffer.end(slice);
    if (begun) {
      channel.flush();
    }
    if (slice.readableBytes() <= WITH_DOT_BYTES_MAX && nothingPending()) {
      end(new DefaultLastSmtpContent(slice));
    } else {
      state = State.DRAINING;
      connection.deadline(connection.config().dataBlockTimeout());
      write(new DefaultSmtpContent(slice))
          .addListener(
              left -> {
                if (left.isSuccess()) {
                  end(LastSmtpContent.EMPTY_LAST_CONTENT);
                }
              });
    }
    return false;
  }

  private boolean nothingPending() {
    return channel.bytesBeforeUnwritable() >= channel.config().getWriteBufferHighWaterMark();
  }

  private void end(LastSmtpContent last) {
    if (state == State.OVER || connection.over()) {
      last.release();
      return;
    }
    state = State.OVER;
    if (!owner.leased()) {
      last.release();
      owner.lapsed();
      return;
    }
    owner.dot();
    watch(write(last));
  }

  /** Writes and flushes; where that does not work, the connection hears of it. */
  private ChannelFuture write(SmtpContent content) {
    return channel
        .writeAndFlush(content)
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                channel.pipeline().fireExceptionCaught(done.cause());
              }
            });
  }

  private void watch(ChannelFuture dot) {
    if (!dot.isDone()) {
      var _ = channel.eventLoop().schedule(() -> look(dot), LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void look(ChannelFuture dot) {
    if (dot.isDone() || connection.over()) {
      return;
    }
    if (owner.leased()) {
      watch(dot);
    } else {
      owner.lapsed();
    }
  }
}
