package io.mailraft.delivery;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.TooLongFrameException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns bytes into {@link Reply}s, within limits.
 *
 * <p>Netty's own SmtpResponseDecoder bounds neither the number of lines nor their sum, and takes a
 * bare code without a space, which RFC 5321 4.2 allows, for an error.
 */
final class ReplyDecoder extends ByteToMessageDecoder {
  /** Four times what RFC 5321 4.5.3.1.5 allows. */
  static final int LINE_BYTES_MAX = 2048;

  static final int LINES_MAX = 128;

  private final List<String> lines = new ArrayList<>(2);
  private int scanned;

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    int start = in.readerIndex();
    int end = in.indexOf(start + scanned, in.writerIndex(), (byte) '\n');
    int length = (end < 0 ? in.writerIndex() : end) - start;
    if (length > LINE_BYTES_MAX) {
      in.skipBytes(in.readableBytes());
      throw new TooLongFrameException("a reply line is longer than " + LINE_BYTES_MAX + " bytes");
    }
    if (end < 0) {
      scanned = length;
      return;
    }
    scanned = 0;
    in.readerIndex(end + 1);
    if (length > 0 && in.getByte(start + length - 1) == '\r') {
      length--;
    }
    line(in, start, length, out);
  }

  private void line(ByteBuf in, int start, int length, List<Object> out) {
    int code = length >= 3 ? code(in, start) : -1;
    byte separator = length > 3 ? in.getByte(start + 3) : (byte) ' ';
    if (code < 0 || (separator != ' ' && separator != '-')) {
      throw new DecoderException("not a reply line");
    }
    if (lines.size() == LINES_MAX) {
      throw new TooLongFrameException("a reply has more than " + LINES_MAX + " lines");
    }
    lines.add(length > 4 ? in.toString(start + 4, length - 4, StandardCharsets.ISO_8859_1) : "");
    if (separator == ' ') {
      out.add(new Reply(code, List.copyOf(lines)));
      lines.clear();
    }
  }

  /** Whether nothing is left of what was received. */
  boolean drained() {
    return lines.isEmpty() && actualReadableBytes() == 0;
  }

  private static int code(ByteBuf in, int start) {
    int code = 0;
    for (int i = start; i < start + 3; i++) {
      int digit = in.getByte(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      code = code * 10 + digit;
    }
    return code >= 200 && code < 600 ? code : -1;
  }
}
