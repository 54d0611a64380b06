package io.mailraft.queue.raft;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mailraft.queue.store.DamagedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small logs with every fault that one bit, one cut or one lost sector can make. */
class LogCheckTest {
  private static final int ENTRY_BYTES_MAX = 1 << 16;
  private static final int SECTOR = 512;
  private static final Random RANDOM = new Random(3);

  @TempDir Path directory;

  private static byte[] frame(long term, long index, int bytes) throws IOException {
    byte[] data = new byte[bytes];
    RANDOM.nextBytes(data);
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    LogEntryProto.newBuilder()
        .setTerm(term)
        .setIndex(index)
        .setStateMachineLogEntry(
            StateMachineLogEntryProto.newBuilder().setLogData(ByteString.copyFrom(data)))
        .build()
        .writeDelimitedTo(frame);
    CRC32C crc = new CRC32C();
    crc.update(frame.toByteArray());
    frame.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    return frame.toByteArray();
  }

  /** A segment, and where each of its entries begins, with its length at the end. */
  private static byte[] segment(long first, int count, int bytes, List<Integer> starts)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("RaftLog1".getBytes(US_ASCII));
    for (int i = 0; i < count; i++) {
      starts.add(out.size());
      out.writeBytes(frame(2, first + i, bytes));
    }
    starts.add(out.size());
    return out.toByteArray();
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes);
  }

  private void check(long mark, long snapshotIndex) throws IOException {
    LogCheck.check(directory, mark, snapshotIndex, ENTRY_BYTES_MAX);
  }

  private void refuses(long mark, String how) {
    assertThatThrownBy(() -> check(mark, -1)).as(how).isInstanceOf(DamagedException.class);
  }

  @Test
  void aWholeLogIsAccepted() throws Exception {
    check(-1, -1);
    write("log_0-4", segment(0, 5, 300, new ArrayList<>()));
    write("log_inprogress_5", segment(5, 3, 300, new ArrayList<>()));
    check(7, -1);
    refuses(8, "an entry that is not there");
    check(8, 8);
  }

  @Test
  void i2_everyFlippedBitOfAClosedSegmentIsFound() throws Exception {
    byte[] good = segment(0, 3, 30, new ArrayList<>());
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      write("log_0-2", bad);
      refuses(-1, "bit " + bit);
    }
  }

  @Test
  void i2_everyFlippedBitBeforeTheLastEntryOfAnOpenSegmentIsFound() throws Exception {
    List<Integer> starts = new ArrayList<>();
    byte[] good = segment(0, 4, 30, starts);
    for (int padding : new int[] {0, 4096}) {
      for (int bit = 0; bit < starts.get(3) * 8; bit++) {
        byte[] bad = Arrays.copyOf(good, good.length + padding);
        bad[bit / 8] ^= (byte) (1 << bit % 8);
        write("log_inprogress_0", bad);
        refuses(1, "bit " + bit + " with " + padding);
      }
    }
  }

  @Test
  void i2_everyFlippedBitUpToTheMarkIsFound() throws Exception {
    byte[] good = segment(0, 4, 30, new ArrayList<>());
    for (int bit = 0; bit < good.length * 8; bit++) {
      byte[] bad = Arrays.copyOf(good, good.length + 4096);
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      write("log_inprogress_0", bad);
      refuses(3, "bit " + bit);
    }
  }

  @Test
  void everyCutIsATornEndBehindTheMarkAndDamageBeforeIt() throws Exception {
    List<Integer> starts = new ArrayList<>();
    byte[] good = segment(0, 4, 700, starts);
    for (int length = starts.get(3); length < good.length; length++) {
      Path file = write("log_inprogress_0", Arrays.copyOf(good, length));
      refuses(3, "cut to " + length);
      check(2, -1);
      assertThat(Files.size(file)).as("cut to %s", length).isEqualTo((long) starts.get(3));
    }
  }

  @Test
  void everySetOfLostSectorsOfTheLastWriteIsATornEnd() throws Exception {
    List<Integer> starts = new ArrayList<>();
    byte[] good = segment(0, 4, 1_500, starts);
    int from = starts.get(3);
    int firstSector = from / SECTOR;
    int sectors = (good.length - 1) / SECTOR - firstSector + 1;
    for (int lost = 1; lost < (1 << sectors); lost++) {
      byte[] torn = Arrays.copyOf(good, good.length + 8192);
      for (int sector = 0; sector < sectors; sector++) {
        if ((lost & (1 << sector)) != 0) {
          int begin = Math.max(from, (firstSector + sector) * SECTOR);
          int end = Math.min(good.length, (firstSector + sector + 1) * SECTOR);
          Arrays.fill(torn, begin, end, (byte) 0);
        }
      }
      write("log_inprogress_0", torn);
      check(2, -1);
      LogFrames left =
          new LogFrames(Files.readAllBytes(directory.resolve("log_inprogress_0")), 4096);
      int whole = 0;
      while (left.next() instanceof LogFrames.Frame.Whole) {
        whole++;
      }
      assertThat(whole).as("lost %s", Integer.toBinaryString(lost)).isEqualTo(3);
      assertThat(left.next()).isInstanceOf(LogFrames.Frame.End.class);
    }
  }

  @Test
  void aGapIsDamageUnlessTheSnapshotContainsIt() throws Exception {
    Path old = write("log_0-4", segment(0, 5, 30, new ArrayList<>()));
    write("log_inprogress_9", segment(9, 3, 30, new ArrayList<>()));
    refuses(-1, "entries 5 to 8 are missing");
    check(11, 8);
    assertThat(old).doesNotExist();
    write("log_0-4", segment(0, 4, 30, new ArrayList<>()));
    refuses(-1, "a closed segment that ends early");
  }
}
