package io.mailraft.queue.link;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.mailraft.api.link.AnswerFrame;
import io.mailraft.api.link.CallFrame;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.ratis.thirdparty.io.grpc.Drainable;
import org.apache.ratis.thirdparty.io.grpc.KnownLength;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.Status;

/**
 * The one method between nodes: a stream of calls one way, of answers and claims the other.
 *
 * <p>It lives on the Raft port, beside Ratis' own services, and so shares their address, their TLS
 * and their gRPC.
 */
final class LinkMethod {
  static final String SERVICE = "mailraft.Link";

  /** Largest frame, in bytes: a record with one chunk, with room to spare. */
  static final int FRAME_BYTES_MAX = 16 << 20;

  static final MethodDescriptor<CallFrame, AnswerFrame> OPEN =
      MethodDescriptor.<CallFrame, AnswerFrame>newBuilder()
          .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Open"))
          .setRequestMarshaller(new Frames<>(CallFrame.parser()))
          .setResponseMarshaller(new Frames<>(AnswerFrame.parser()))
          .build();

  private LinkMethod() {}

  /** Protocol Buffers of our own version over Ratis' gRPC, which carries another. */
  private record Frames<M extends MessageLite>(Parser<M> parser)
      implements MethodDescriptor.Marshaller<M> {
    @Override
    public InputStream stream(M message) {
      return new FrameStream(message.toByteArray());
    }

    @Override
    public M parse(InputStream stream) {
      try {
        CodedInputStream in = CodedInputStream.newInstance(bytes(stream));
        in.setSizeLimit(FRAME_BYTES_MAX);
        return parser.parseFrom(in);
      } catch (InvalidProtocolBufferException e) {
        throw Status.INVALID_ARGUMENT
            .withDescription("a frame cannot be read")
            .withCause(e)
            .asRuntimeException();
      } catch (IOException e) {
        throw Status.UNAVAILABLE
            .withDescription("the stream broke")
            .withCause(e)
            .asRuntimeException();
      }
    }

    /** Into one array of the right size: gRPC knows the length of what has come. */
    private static byte[] bytes(InputStream stream) throws IOException {
      if (!(stream instanceof KnownLength)) {
        return stream.readAllBytes();
      }
      byte[] bytes = new byte[stream.available()];
      if (stream.readNBytes(bytes, 0, bytes.length) < bytes.length) {
        throw new EOFException("a frame is shorter than it said");
      }
      return bytes;
    }
  }

  /** A frame that goes to gRPC's buffers in one copy. */
  private static final class FrameStream extends ByteArrayInputStream
      implements Drainable, KnownLength {
    FrameStream(byte[] frame) {
      super(frame);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      return Math.toIntExact(transferTo(target));
    }
  }
}
