package io.tidemark.query.peer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.codec.Histograms;
import io.tidemark.disk.GoldenBytes;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Exemplar;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.Stale;
import io.tidemark.model.TidemarkException;
import io.tidemark.model.TimeRange;
import io.tidemark.promql.Features;
import io.tidemark.promql.Span;
import io.tidemark.query.MemoryReader;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.evaluate.Part;
import io.tidemark.query.evaluate.PartResult;
import io.tidemark.query.kernel.Column;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesExemplars;
import io.tidemark.storage.SeriesReader.Metadata;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Requests and answers survive the wire bit for bit, and nothing else is taken for one.
class PeerFormatTest {
  private static final long SEED = 4_711;
  private static final long T0 = 1_704_067_200_000L;
  private static final List<Matcher> EVERYTHING = List.of(new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, ""));

  private final Random random = new Random(SEED);

  private static AnswerBudget budget() {
    return new AnswerBudget(1 << 30, new AtomicLong());
  }

  private static byte[] answer(AnswerSource source, List<String> warnings) {
    var frames = new FrameWriter();
    frames.magic();
    frames.begin(Set.of(4, 7), Set.of(2));
    while (source.write(frames)) {
      assertTrue(frames.count() > 0);
    }
    frames.end(warnings);
    return frames.take().getBytes();
  }

  private static PeerAnswer read(byte[] bytes) {
    var reader = new FrameReader("10.0.0.1:9071", budget());
    reader.read(Buffer.buffer(bytes));
    return reader.answer().orElseThrow(() -> new TidemarkException(ErrorCode.CORRUPT, "no end"));
  }

  private static Map<LabelSet, Map<Long, Long>> samples(Selection selection) {
    var found = new TreeMap<LabelSet, Map<Long, Long>>();
    var buffer = new SampleBuffer();
    for (int i = 0; i < selection.count(); i++) {
      selection.read(i, buffer);
      var samples = new TreeMap<Long, Long>();
      for (int j = 0; j < buffer.count; j++) {
        samples.put(buffer.timestampsMillis[j], Double.doubleToRawLongBits(buffer.values[j]));
      }
      found.put(selection.labels(i), samples);
    }
    return found;
  }

  private static Selection some() {
    var reader = new MemoryReader();
    for (int i = 0; i < 4; i++) {
      long at = T0 + i * 15_000L;
      reader.add(LabelSet.of(LabelSet.NAME, "up", "instance", "a"), at, 1);
      reader.add(LabelSet.of(LabelSet.NAME, "up", "instance", "b"), at + i % 2, i == 3 ? Stale.VALUE : i * 1000);
      reader.add(LabelSet.of(LabelSet.NAME, "temperature", "ort", "Köln"), at, i / 3.0);
    }
    return reader.select(EVERYTHING, TimeRange.ALL, 10);
  }

  @Test
  void requestVersion1() {
    var request = new PeerRequest(Map.of(3, 1_000L, 7, 0L), 4_500, 1_500, true, 1 << 20, new PeerRequest.Select(
        List.of(Matcher.equal(LabelSet.NAME, "up"), new Matcher("instance", Matcher.Op.NOT_MATCH, "b.*")), new TimeRange(T0, T0 + 60_000),
        500));
    GoldenBytes.check("peer-request-v1", request.encode());
    assertEquals(request, PeerRequest.decode(GoldenBytes.read("peer-request-v1")));
  }

  @Test
  void answerVersion1() {
    byte[] written = answer(new AnswerSource.Series(some()), List.of("block 7 is away"));
    GoldenBytes.check("peer-answer-v1", written);
    PeerAnswer answer = read(GoldenBytes.read("peer-answer-v1"));
    assertEquals(samples(some()), samples(answer.selection()));
    assertEquals(Set.of(4, 7), answer.absent());
    assertEquals(Set.of(2), answer.behind());
    assertEquals(List.of("block 7 is away"), answer.warnings());
    assertEquals(12, answer.samples());
  }

  @Test
  void everyFlippedBitAndEveryCutOfAnAnswerIsFound() {
    byte[] whole = GoldenBytes.read("peer-answer-v1");
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= (byte) (1 << at % 8);
      var failure = assertThrows(TidemarkException.class, () -> read(damaged), "byte " + at);
      assertTrue(failure.code() == ErrorCode.CORRUPT || failure.code() == ErrorCode.NOT_SUPPORTED, failure.getMessage());
      byte[] cut = Arrays.copyOf(whole, at);
      assertEquals(ErrorCode.CORRUPT, assertThrows(TidemarkException.class, () -> read(cut), "cut at " + at).code());
    }
    assertEquals(ErrorCode.CORRUPT, assertThrows(TidemarkException.class, () -> read(Arrays.copyOf(whole, whole.length + 9))).code());
  }

  @Test
  void everyFlippedBitAndEveryCutOfARequestIsRefused() {
    byte[] whole = GoldenBytes.read("peer-request-v1");
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= (byte) (1 << at % 8);
      var failure = assertThrows(TidemarkException.class, () -> PeerRequest.decode(damaged), "byte " + at);
      assertTrue(failure.code() == ErrorCode.BAD_DATA || failure.code() == ErrorCode.NOT_SUPPORTED, failure.getMessage());
      byte[] cut = Arrays.copyOf(whole, at);
      assertEquals(ErrorCode.BAD_DATA, assertThrows(TidemarkException.class, () -> PeerRequest.decode(cut)).code());
    }
  }

  private String text() {
    return random.ints(random.nextInt(12), 0, 0x500).filter(c -> c < 0xd800).collect(StringBuilder::new, StringBuilder::appendCodePoint,
        StringBuilder::append).toString();
  }

  private List<Matcher> matchers(int atLeast) {
    var matchers = new ArrayList<Matcher>();
    for (int i = random.nextInt(4) + atLeast; i > 0; i--) {
      matchers.add(new Matcher(text(), Matcher.Op.values()[random.nextInt(4)], text()));
    }
    return matchers;
  }

  private TimeRange range() {
    long a = random.nextLong();
    long b = random.nextLong();
    return random.nextInt(5) == 0 ? TimeRange.ALL : new TimeRange(Math.min(a, b), Math.max(a, b));
  }

  private Part part() {
    long start = random.nextLong() >> 8;
    long step = random.nextInt(100_000);
    var features = random.nextBoolean() ? Features.STANDARD : Features.ALL_SYNTAX;
    return new Part(new QueryRequest(text(), start, start + random.nextInt(1_000_000), step, random.nextInt(300_000), 0, true),
        new Span(random.nextInt(100), random.nextInt(10_000)), start - random.nextInt(5_000), step, 1 + random.nextInt(10_000), features,
        random.nextInt(60_000), new Part.Cost(random.nextInt(100), random.nextLong() >>> 8, random.nextInt(10)));
  }

  @Test
  void partRequestVersion1() {
    var part = new Part(new QueryRequest("1 + sum(up)", T0, T0 + 60_000, 15_000, 300_000, 0, true), new Span(4, 11), T0, 15_000, 5,
        Features.STANDARD, 60_000, new Part.Cost(0, 0, 0));
    var request = new PeerRequest(Map.of(3, 1_000L), 4_500, 1_500, true, 1 << 20, new PeerRequest.Evaluate(part));
    GoldenBytes.check("peer-part-request-v1", request.encode());
    assertEquals(request, PeerRequest.decode(GoldenBytes.read("peer-part-request-v1")));
  }

  @Test
  void timesOfAPartThatOverflowAreRefused() {
    for (long first : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE / 8}) {
      var part = new Part(new QueryRequest("sum(up)", 0, 0, 0, 0, 0, true), new Span(0, 7), first, Long.MAX_VALUE / 8, 2,
          Features.STANDARD, 0, new Part.Cost(0, 0, 0));
      byte[] bytes = new PeerRequest(Map.of(3, 0L), 1, 0, false, 1, new PeerRequest.Evaluate(part)).encode();
      assertEquals(ErrorCode.BAD_DATA, assertThrows(TidemarkException.class, () -> PeerRequest.decode(bytes)).code());
    }
  }

  @Test
  void anyResultOfAPartArrivesBitForBit() {
    for (int round = 0; round < 200; round++) {
      int steps = 1 + random.nextInt(500);
      var columns = new Column[random.nextInt(30)];
      var labels = new ArrayList<LabelSet>();
      boolean[] drops = new boolean[columns.length];
      for (int i = 0; i < columns.length; i++) {
        drops[i] = random.nextBoolean();
        labels.add(i == 0 ? LabelSet.EMPTY : LabelSet.of("z" + random.nextInt(5), "v" + i));
        columns[i] = new Column(steps);
        for (int step = 0; step < steps; step++) {
          columns[i].values[step] = random.nextInt(3) == 0 ? Stale.VALUE : value(4, 0);
        }
      }
      var sent = new PartResult(labels, drops, columns, random.nextBoolean(), List.of("PromQL warning: " + text()), List.of(text(), text()),
          new Part.Cost(random.nextInt(9), 1L << 40, 7));
      var frames = new FrameWriter();
      frames.magic();
      frames.begin(Set.of(), Set.of());
      PartFormat.writeHead(frames.open(PeerFormat.PART), sent);
      frames.close();
      var series = new AnswerSource.Series(PartFormat.columns(sent));
      while (columns.length > 0 && series.write(frames)) {
        assertTrue(frames.count() > 0);
      }
      frames.end(List.of());
      PartResult found = read(frames.take().getBytes()).part(steps);
      assertEquals(sent.labels(), found.labels());
      assertArrayEquals(sent.drops(), found.drops());
      assertEquals(List.of(sent.warnings(), sent.infos(), sent.cost(), sent.isOrdered()),
          List.of(found.warnings(), found.infos(), found.cost(), found.isOrdered()));
      for (int i = 0; i < columns.length; i++) {
        assertArrayEquals(Arrays.stream(columns[i].values).mapToLong(Double::doubleToRawLongBits).toArray(),
            Arrays.stream(found.columns()[i].values).mapToLong(Double::doubleToRawLongBits).toArray());
      }
    }
  }

  @Test
  void anyRequestArrivesAsItWasSent() {
    for (int i = 0; i < 2_000; i++) {
      var positions = new HashMap<Integer, Long>();
      for (int shards = 1 + random.nextInt(20); shards > 0; shards--) {
        positions.put(random.nextInt(100), random.nextLong() >>> 1);
      }
      PeerRequest.Operation operation = switch (random.nextInt(5)) {
        case 0 -> new PeerRequest.Select(matchers(1), range(), random.nextInt() >>> 1);
        case 1 -> new PeerRequest.Names(matchers(0), range());
        case 2 -> new PeerRequest.Values(text(), matchers(0), range());
        case 3 -> new PeerRequest.Evaluate(part());
        default -> new PeerRequest.Metrics();
      };
      var request = new PeerRequest(positions, 1 + random.nextInt(100_000), random.nextInt(10_000), random.nextBoolean(),
          1 + (random.nextLong() >>> 2), operation);
      assertEquals(request, PeerRequest.decode(request.encode()));
    }
  }

  private double value(int kind, double before) {
    return switch (kind) {
      case 0 -> 1;
      case 1 -> before + random.nextInt(5);
      case 2 -> random.nextInt(1_000) / 100.0;
      case 3 -> random.nextGaussian();
      default -> Double.longBitsToDouble(random.nextLong());
    };
  }

  @Test
  void anySeriesArriveBitForBitInWhateverPiecesTheyCome() {
    for (int round = 0; round < 60; round++) {
      var reader = new MemoryReader();
      int series = random.nextInt(40);
      for (int i = 0; i < series; i++) {
        LabelSet labels = LabelSet.of(LabelSet.NAME, "metric", "i", "" + i, "text", text());
        int kind = random.nextInt(5);
        double value = 0;
        long at = random.nextInt(1_000_000);
        for (int samples = 1 + random.nextInt(round == 0 ? 150_000 : 300); samples > 0; samples--) {
          value = value(kind, value);
          reader.add(labels, at, value);
          at += kind == 2 ? 1 + random.nextInt(60_000) : 15_000;
        }
        if (round == 0 && i == 2) {
          break;
        }
      }
      Selection selection = reader.select(EVERYTHING, TimeRange.ALL, 100);
      byte[] bytes = answer(new AnswerSource.Series(selection), List.of());
      var frames = new FrameReader("10.0.0.1:9071", budget());
      for (int at = 0; at < bytes.length;) {
        int end = Math.min(bytes.length, at + 1 + random.nextInt(random.nextInt(20) == 0 ? 3 : 100_000));
        frames.read(Buffer.buffer(Arrays.copyOfRange(bytes, at, end)));
        at = end;
      }
      assertEquals(samples(selection), samples(frames.answer().orElseThrow().selection()), "round " + round);
    }
  }

  @Test
  void textsAndMetadataArriveAsTheyWereSent() {
    List<String> texts = random.ints(30_000).mapToObj(i -> "text " + i).sorted().toList();
    assertEquals(texts, read(answer(new AnswerSource.Texts(texts), List.of())).texts());
    Map<String, List<Metadata>> metadata = new TreeMap<>();
    for (int i = 0; i < 3_000; i++) {
      metadata.put("metric " + i, List.of(new Metadata("counter", text(), text()), new Metadata("gauge", "help", "")));
    }
    assertEquals(metadata, read(answer(new AnswerSource.Metrics(metadata), List.of())).metadata());
    assertEquals(ErrorCode.CORRUPT,
        assertThrows(TidemarkException.class, () -> read(answer(new AnswerSource.Texts(texts), List.of())).selection()).code());
  }

  @Test
  void aFailureArrivesWithItsCodeAndNamesThePeerUnlessItIsAboutTheQuery() {
    for (ErrorCode code : ErrorCode.values()) {
      var frames = new FrameWriter();
      frames.magic();
      frames.error(code, "what happened");
      var failure = assertThrows(TidemarkException.class, () -> read(frames.take().getBytes()));
      assertEquals(code, failure.code());
      assertEquals(PeerFormat.isOfQuery(code) ? "what happened" : "peer 10.0.0.1:9071: what happened", failure.getMessage());
    }
  }

  @Test
  void anAnswerThatNobodyWantsGivesItsMemoryBack() {
    var held = new AtomicLong();
    var budget = new AnswerBudget(1 << 20, held);
    var frames = new FrameReader("10.0.0.1:9071", budget);
    frames.read(Buffer.buffer(answer(new AnswerSource.Series(some()), List.of())));
    assertTrue(held.get() > 0);
    frames.discard();
    assertEquals(0, held.get());
    budget.take(1_000);
    budget.close();
    assertEquals(0, held.get());
    assertEquals(ErrorCode.CANCELED, assertThrows(TidemarkException.class, () -> budget.take(1)).code());
  }

  /// More histograms than one run or one frame holds, values among them, start times for some.
  @Test
  void histogramsAndStartTimesArriveBitForBit() {
    var sent = new SampleBuffer();
    Histogram histogram = Histograms.any(random);
    for (int i = 0; i < 9_000; i++) {
      if (random.nextInt(10) == 0) {
        sent.add(i * 15_000L, random.nextInt(3));
      } else {
        histogram = Histograms.next(random, histogram);
        sent.add(i * 15_000L, histogram);
      }
      if (i > 4_000) {
        sent.startLast(60_000L * (i / 1_000));
      }
    }
    var selection = new Selection() {
      @Override
      public int count() {
        return 1;
      }

      @Override
      public LabelSet labels(int index) {
        return LabelSet.of(LabelSet.NAME, "latency");
      }

      @Override
      public void read(int index, SampleBuffer into) {
        into.clear();
        for (int i = 0; i < sent.count; i++) {
          into.addFrom(sent, i);
        }
      }

      @Override
      public void close() {}
    };
    Selection found = read(answer(new AnswerSource.Series(selection), List.of())).selection();
    var samples = new SampleBuffer();
    found.read(0, samples);
    assertEquals(sent.count, samples.count);
    for (int i = 0; i < sent.count; i++) {
      assertTrue(samples.sameAs(i, sent, i), "sample " + i);
    }
  }

  @Test
  void exemplarsArriveAsTheyWereSent() {
    var lists = new ArrayList<SeriesExemplars>();
    for (int i = 0; i < 3_000; i++) {
      var exemplars = new ArrayList<Exemplar>();
      for (int n = 1 + random.nextInt(5); n > 0; n--) {
        exemplars.add(new Exemplar(LabelSet.of("trace_id", "t" + random.nextInt()), random.nextGaussian(), random.nextLong() >> 20));
      }
      lists.add(new SeriesExemplars(LabelSet.of(LabelSet.NAME, "m" + i), exemplars));
    }
    assertEquals(lists, read(answer(new AnswerSource.ExemplarLists(lists), List.of())).exemplars());
    assertEquals(List.of(), read(answer(new AnswerSource.ExemplarLists(List.of()), List.of())).exemplars());
  }
}
