package io.tidemark.query.peer;

import io.tidemark.codec.ByteReader;
import io.tidemark.codec.ByteWriter;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.Histogram;
import io.tidemark.model.LabelSet;
import io.tidemark.model.TidemarkException;
import io.tidemark.promql.Features;
import io.tidemark.promql.Span;
import io.tidemark.query.QueryEngine;
import io.tidemark.query.QueryRequest;
import io.tidemark.query.evaluate.Part;
import io.tidemark.query.evaluate.PartResult;
import io.tidemark.query.kernel.Column;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Selection;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/// A part of a query on its way to another node, and what it came to on its way back. The columns of the result travel as series whose
/// timestamps are the numbers of steps.
final class PartFormat {
  private static final int STEPS_MAX = 100_000_000;

  private PartFormat() {}

  static void write(ByteWriter out, Part part) {
    QueryRequest query = part.request();
    out.writeText(query.text());
    out.writeLong(query.startMillis());
    out.writeLong(query.endMillis());
    out.writeVarint(query.stepMillis());
    out.writeVarint(query.lookbackMillis());
    out.writeVarint(part.aggregation().start());
    out.writeVarint(part.aggregation().end());
    out.writeLong(part.firstMillis());
    out.writeVarint(part.stepMillis());
    out.writeVarint(part.count());
    out.writeVarint(part.subqueryStepMillis());
    writeCost(out, part.used());
    out.writeVarint(part.features().flags().size());
    part.features().flags().stream().sorted().forEach(flag -> out.writeText(flag.text()));
  }

  static Part read(ByteReader in) {
    String text = in.readText();
    long start = time(in.readLong());
    long end = time(in.readLong());
    long step = length(in.readVarint());
    long lookback = length(in.readVarint());
    var span = new Span(in.readCount(0), in.readCount(0));
    long first = time(in.readLong());
    long partStep = length(in.readVarint());
    long count = in.readVarint();
    if (count < 1 || count > STEPS_MAX) {
      throw PeerFormat.corrupt("part of a query", "expected 1 to " + STEPS_MAX + " steps, found " + count);
    }
    time(Math.addExact(first, Math.multiplyExact(count - 1, partStep)));
    long subqueryStep = length(in.readVarint());
    Part.Cost used = readCost(in);
    // What answers lack for want of a shard is the asking node's business, and its time is told apart.
    var query = new QueryRequest(text, start, end, step, lookback, 0, true);
    return new Part(query, span, first, partStep, (int) count, features(in), subqueryStep, used);
  }

  private static long time(long millis) {
    if (Math.abs(millis) > QueryEngine.TIME_MILLIS_MAX) {
      throw PeerFormat.corrupt("part of a query", "time of " + millis + " ms");
    }
    return millis;
  }

  private static long length(long millis) {
    if (millis < 0 || millis > QueryEngine.TIME_MILLIS_MAX) {
      throw PeerFormat.corrupt("part of a query", "length of " + millis + " ms");
    }
    return millis;
  }

  private static Features features(ByteReader in) {
    var flags = EnumSet.noneOf(Features.Flag.class);
    int count = in.readCount(1);
    for (int i = 0; i < count; i++) {
      String name = in.readText();
      flags.add(Features.Flag.named(name).orElseThrow(() -> new TidemarkException(ErrorCode.NOT_SUPPORTED, "part of a query: the feature \""
          + name + "\" is not known here; run releases that share it")));
    }
    return Features.of(flags);
  }

  private static void writeCost(ByteWriter out, Part.Cost cost) {
    out.writeVarint(cost.samples());
    out.writeVarint(cost.cells());
    out.writeVarint(cost.series());
  }

  private static Part.Cost readCost(ByteReader in) {
    return new Part.Cost(length(in.readVarint()), length(in.readVarint()), length(in.readVarint()));
  }

  /// The body of the frame before a result's series.
  static void writeHead(ByteWriter out, PartResult result) {
    out.writeByte(result.isOrdered() ? PeerFormat.ORDERED : 0);
    writeCost(out, result.cost());
    writeTexts(out, result.warnings());
    writeTexts(out, result.infos());
    out.writeVarint(result.drops().length);
    for (boolean drop : result.drops()) {
      out.writeByte(drop ? 1 : 0);
    }
  }

  private static void writeTexts(ByteWriter out, List<String> texts) {
    out.writeVarint(texts.size());
    texts.forEach(out::writeText);
  }

  /// @param head   the body that {@link #writeHead} wrote
  /// @param series as `columns` gives them
  static PartResult readResult(ByteReader head, Selection series, int steps) {
    boolean ordered = head.readByte() == PeerFormat.ORDERED;
    Part.Cost cost = readCost(head);
    List<String> warnings = readTexts(head);
    List<String> infos = readTexts(head);
    boolean[] drops = new boolean[head.readCount(1)];
    for (int i = 0; i < drops.length; i++) {
      drops[i] = head.readByte() != 0;
    }
    if (drops.length != series.count() || head.remaining() > 0) {
      throw PeerFormat.corrupt("result of a part of a query", drops.length + " series, then " + series.count());
    }
    var labels = new ArrayList<LabelSet>(series.count());
    var columns = new Column[series.count()];
    var buffer = new SampleBuffer();
    for (int i = 0; i < columns.length; i++) {
      labels.add(series.labels(i));
      series.read(i, buffer);
      columns[i] = column(buffer, steps);
    }
    return new PartResult(labels, drops, columns, ordered, warnings, infos, cost);
  }

  private static List<String> readTexts(ByteReader in) {
    int count = in.readCount(1);
    var texts = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      texts.add(in.readText());
    }
    return texts;
  }

  private static Column column(SampleBuffer samples, int steps) {
    Column column = Column.none(steps);
    for (int i = 0; i < samples.count; i++) {
      long step = samples.timestampsMillis[i];
      if (step < 0 || step >= steps || i > 0 && step <= samples.timestampsMillis[i - 1]) {
        throw PeerFormat.corrupt("result of a part of a query", "step " + step + " of " + steps);
      }
      Histogram histogram = samples.hasHistograms() ? samples.histograms[i] : null;
      if (histogram == null) {
        column.set((int) step, samples.values[i]);
      } else {
        column.set((int) step, histogram);
      }
    }
    return column;
  }

  /// The columns of `result` as series.
  static Selection columns(PartResult result) {
    return new Selection() {
      @Override
      public int count() {
        return result.columns().length;
      }

      @Override
      public LabelSet labels(int index) {
        return result.labels().get(index);
      }

      @Override
      public void read(int index, SampleBuffer into) {
        into.clear();
        Column column = result.columns()[index];
        for (int step = 0; step < column.values.length; step++) {
          Histogram histogram = column.histogram(step);
          if (histogram != null) {
            into.add(step, histogram);
          } else if (column.has(step)) {
            into.add(step, column.values[step]);
          }
        }
      }

      @Override
      public void close() {}
    };
  }
}
