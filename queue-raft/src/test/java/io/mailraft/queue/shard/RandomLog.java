package io.mailraft.queue.shard;

import com.google.protobuf.ByteString;
import io.mailraft.api.log.ClaimDeliveries;
import io.mailraft.api.log.DeliveryRef;
import io.mailraft.api.log.DropUploads;
import io.mailraft.api.log.Entry;
import io.mailraft.api.log.Envelope;
import io.mailraft.api.log.FenceNode;
import io.mailraft.api.log.ForgetKeys;
import io.mailraft.api.log.IdempotencyKey;
import io.mailraft.api.log.OrderDeliveries;
import io.mailraft.api.log.OrderKind;
import io.mailraft.api.log.Outcome;
import io.mailraft.api.log.OutcomeKind;
import io.mailraft.api.log.Outcomes;
import io.mailraft.api.log.Recipient;
import io.mailraft.api.log.Record;
import io.mailraft.api.log.ReleaseDeferred;
import io.mailraft.api.log.RerouteDeliveries;
import io.mailraft.api.log.ReturnClaims;
import io.mailraft.api.log.StoreChunk;
import io.mailraft.api.log.StoreMessage;
import io.mailraft.api.log.TrimHistory;
import io.mailraft.queue.MessageId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A source of random shard logs: sensible records, repeated ones, late ones, and ones that make no
 * sense. It keeps a small population of messages and nodes, so that records meet.
 */
final class RandomLog {
  private static final int MESSAGES = 12;
  private static final int NODES = 3;
  private static final int CLAIMS = 5;
  private static final int KEYS = 6;
  private static final String[] ZONES = {"default", "bulk"};
  private static final String[] DOMAINS = {"a.example", "b.example", "c.example"};

  private final Random random;
  private long stampMillis = 1_000_000;
  private long nextStem = 1;
  private final List<MessageId> ids = new ArrayList<>();
  private final List<ClaimDeliveries> claims = new ArrayList<>();

  RandomLog(long seed) {
    random = new Random(seed);
  }

  Entry entry() {
    stampMillis += random.nextInt(3) == 0 ? random.nextInt(2000) : 0;
    Entry.Builder entry = Entry.newBuilder().setStampMillis(stampMillis);
    for (int count = 1 + random.nextInt(4); count > 0; count--) {
      entry.addRecords(record());
    }
    return entry.build();
  }

  private Record record() {
    Record.Builder record = Record.newBuilder();
    return switch (random.nextInt(19)) {
      case 0, 1, 2 -> record.setStoreMessage(message()).build();
      case 3, 4 -> record.setStoreChunk(chunk()).build();
      case 5 ->
          record.setDropUploads(DropUploads.newBuilder().addIds(anyId().toByteString())).build();
      case 6, 7, 8 -> record.setClaim(claim()).build();
      case 9, 10, 11 -> record.setOutcomes(outcomes()).build();
      case 12 ->
          record
              .setReturnClaims(
                  ReturnClaims.newBuilder()
                      .setNode(node())
                      .setEpoch(epoch())
                      .addAllDeliveries(refs()))
              .build();
      case 13 -> record.setRelease(ReleaseDeferred.newBuilder().addAllDeliveries(refs())).build();
      case 14 ->
          record
              .setFence(
                  FenceNode.newBuilder()
                      .setNode(node())
                      .setEpoch(epoch())
                      .setLive(random.nextInt(4) > 0))
              .build();
      case 15 ->
          record
              .setOrder(
                  OrderDeliveries.newBuilder()
                      .setKind(OrderKind.forNumber(1 + random.nextInt(3)))
                      .setReason("by the operator")
                      .addAllDeliveries(refs()))
              .build();
      case 16 ->
          record
              .setReroute(
                  RerouteDeliveries.newBuilder()
                      .setZone(ZONES[random.nextInt(ZONES.length)])
                      .addAllDeliveries(refs()))
              .build();
      case 17 ->
          record
              .setForgetKeys(
                  ForgetKeys.newBuilder()
                      .setBeforeMillis(stampMillis - random.nextInt(5000))
                      .setLimit(1 + random.nextInt(3)))
              .build();
      case 18 -> record.setTrimHistory(trim()).build();
      default -> throw new IllegalStateException();
    };
  }

  /** As a leader would bound it: timelines and ids each from some time on. */
  private TrimHistory trim() {
    return TrimHistory.newBuilder()
        .setTimelinesBeforeMillis(stampMillis - random.nextInt(5000))
        .setIdsBeforeMillis(stampMillis - random.nextInt(8000))
        .setFeedBeforeIndex(random.nextInt(200))
        .setLimit(1 + random.nextInt(4))
        .build();
  }

  private int node() {
    return 1 + random.nextInt(NODES);
  }

  /** Few epochs, slowly growing with time. */
  private long epoch() {
    return stampMillis / 20_000 + random.nextInt(2);
  }

  private MessageId anyId() {
    if (ids.size() < MESSAGES || random.nextInt(6) == 0) {
      MessageId id = new MessageId(nextStem++, random.nextInt(50) == 0 ? 1 : 0);
      ids.add(id);
      if (ids.size() > MESSAGES) {
        ids.removeFirst();
      }
      return id;
    }
    return ids.get(random.nextInt(ids.size()));
  }

  private StoreMessage message() {
    MessageId id = anyId();
    boolean large = random.nextInt(3) == 0;
    StoreMessage.Builder message = StoreMessage.newBuilder().setId(id.toByteString());
    message
        .getEnvelopeBuilder()
        .setSender("Sender" + id.stem() % 3 + "@example.com")
        .setNode("n1")
        .setEightBit(random.nextBoolean());
    if (random.nextBoolean()) {
      message.getEnvelopeBuilder().addTags("tag" + random.nextInt(3)).addTags("all");
    }
    if (large) {
      message.setChunks(1 + random.nextInt(3));
    } else {
      message.setBody(ByteString.copyFromUtf8("body of " + id));
    }
    if (random.nextInt(3) == 0) {
      message.setIdempotency(
          IdempotencyKey.newBuilder()
              .setHash(hash("key " + random.nextInt(KEYS)))
              .setFingerprint(hash("request " + random.nextInt(2))));
    }
    if (random.nextInt(5) == 0) {
      message.mergeEnvelope(
          Envelope.newBuilder().setSendAtMillis(stampMillis - 1000 + random.nextInt(4000)).build());
    }
    int recipients = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(4);
    for (int seq = 1; seq <= recipients; seq++) {
      message.addRecipients(
          Recipient.newBuilder()
              .setSeq(random.nextInt(40) == 0 ? seq + 1 : seq)
              .setAddress("r" + seq + "@" + domain(id, seq))
              .setZone(zone(id))
              .setDomain(domain(id, seq)));
    }
    return message.build();
  }

  /**
   * A message's lanes are the same each time, so that references to it are right more often than
   * not.
   */
  private static String zone(MessageId id) {
    return ZONES[(int) (id.stem() % ZONES.length)];
  }

  private static String domain(MessageId id, int seq) {
    return DOMAINS[(int) ((id.stem() + seq) % DOMAINS.length)];
  }

  private static ByteString hash(String text) {
    return ByteString.copyFromUtf8(String.format("%-32s", text));
  }

  private StoreChunk chunk() {
    MessageId id = anyId();
    int number = random.nextInt(30) == 0 ? 70_000 : random.nextInt(3);
    return StoreChunk.newBuilder()
        .setId(id.toByteString())
        .setNumber(number)
        .setBody(ByteString.copyFromUtf8("chunk " + number + " of " + id))
        .build();
  }

  private List<DeliveryRef> refs() {
    List<DeliveryRef> refs = new ArrayList<>();
    for (int count = 1 + random.nextInt(6); count > 0; count--) {
      MessageId id = anyId();
      int seq = 1 + random.nextInt(4);
      refs.add(
          DeliveryRef.newBuilder()
              .setId(id.toByteString())
              .setSeq(seq)
              .setZone(random.nextInt(4) == 0 ? ZONES[random.nextInt(ZONES.length)] : zone(id))
              .setDomain(random.nextInt(20) == 0 ? "other.example" : domain(id, seq))
              .build());
    }
    return refs;
  }

  private ClaimDeliveries claim() {
    ClaimDeliveries claim =
        ClaimDeliveries.newBuilder()
            .setNode(node())
            .setEpoch(epoch())
            .addAllDeliveries(refs())
            .build();
    claims.add(claim);
    if (claims.size() > CLAIMS) {
      claims.removeFirst();
    }
    return claim;
  }

  /** Mostly of what was claimed, by the one who claimed it. */
  private Outcomes outcomes() {
    if (!claims.isEmpty() && random.nextInt(4) > 0) {
      ClaimDeliveries claim = claims.get(random.nextInt(claims.size()));
      Outcomes.Builder outcomes =
          Outcomes.newBuilder().setNode(claim.getNode()).setEpoch(claim.getEpoch());
      for (DeliveryRef ref : claim.getDeliveriesList()) {
        if (random.nextBoolean()) {
          outcomes.addOutcomes(outcome(ref.getId(), ref.getSeq()));
        }
      }
      return outcomes.build();
    }
    Outcomes.Builder outcomes = Outcomes.newBuilder().setNode(node()).setEpoch(epoch());
    for (int count = 1 + random.nextInt(5); count > 0; count--) {
      outcomes.addOutcomes(outcome(anyId().toByteString(), 1 + random.nextInt(4)));
    }
    return outcomes.build();
  }

  private Outcome outcome(ByteString id, int seq) {
    return Outcome.newBuilder()
        .setId(id)
        .setSeq(seq)
        .setKind(OutcomeKind.forNumber(1 + random.nextInt(5)))
        .setDelayMillis(random.nextInt(3000))
        .setReply("250 2.0.0 OK")
        .build();
  }
}
