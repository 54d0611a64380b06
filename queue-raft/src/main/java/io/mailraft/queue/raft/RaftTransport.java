package io.mailraft.queue.raft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcFactory;
import org.apache.ratis.proto.RaftProtos.FileChunkProto;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.rpc.RpcFactory;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.leader.LogAppender;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * Ratis' gRPC transport, with snapshots that are sent from mapped files.
 *
 * <p>Ratis 3.3.0 keeps each chunk of a snapshot that it has sent until the time for its answer
 * would be over, though the answer came long ago. With chunks on the heap that is whatever the
 * network carries in that time, which can be more than the heap (I9). The content of these chunks
 * is the page cache's, and weighs nothing there.
 */
final class RaftTransport implements RpcType {
  @Override
  public String name() {
    return RaftTransport.class.getName();
  }

  @Override
  public RpcFactory newFactory(Parameters parameters) {
    Appenders appenders = parameters.get(Appenders.PARAMETER, Appenders.class);
    return new GrpcFactory(parameters) {
      @Override
      public LogAppender newLogAppender(
          RaftServer.Division server, LeaderState state, FollowerInfo follower) {
        TellingAppender appender = new TellingAppender(server, state, follower);
        appenders.add(server.getMemberId().getGroupId(), appender);
        return appender;
      }
    };
  }

  /** Requests whose chunks are read from the files only when they are sent. */
  static final class Mapped implements Iterator<InstallSnapshotRequestProto> {
    private final Iterator<InstallSnapshotRequestProto> requests;
    private final List<FileInfo> files;
    private int file;

    /**
     * The same requests in the same order.
     *
     * @param files what their chunks are from, one file after the other
     */
    Mapped(Iterator<InstallSnapshotRequestProto> requests, List<FileInfo> files) {
      this.requests = requests;
      this.files = files;
    }

    @Override
    public boolean hasNext() {
      return requests.hasNext();
    }

    @Override
    public InstallSnapshotRequestProto next() {
      InstallSnapshotRequestProto.Builder request = requests.next().toBuilder();
      request
          .getSnapshotChunkBuilder()
          .getFileChunksBuilderList()
          .forEach(
              chunk -> {
                chunk.setData(mapped(files.get(file), chunk));
                if (chunk.getDone()) {
                  file++;
                }
              });
      return request.build();
    }

    private static ByteString mapped(FileInfo file, FileChunkProto.Builder chunk) {
      int bytes = chunk.getData().size();
      if (bytes == 0) {
        return ByteString.EMPTY;
      }
      try (FileChannel channel = FileChannel.open(file.getPath(), StandardOpenOption.READ)) {
        return UnsafeByteOperations.unsafeWrap(
            channel.map(MapMode.READ_ONLY, chunk.getOffset(), bytes));
      } catch (IOException e) {
        throw new UncheckedIOException(file.getPath() + " cannot be read to be sent", e);
      }
    }
  }
}
