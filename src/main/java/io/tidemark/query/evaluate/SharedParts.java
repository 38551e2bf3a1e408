package io.tidemark.query.evaluate;

import io.tidemark.promql.Expr;
import io.tidemark.query.kernel.Column;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/// Vectors that a query asks for more than once, kept from the first time on until the query ends.
///
/// A vector that is in memory anyway is kept as it is. One that would be made series by series is only put into memory while all such
/// vectors take no more than an eighth of what a query may hold; a larger one is made anew each time. Belongs to the evaluating thread.
final class SharedParts {
  private static final int SHARE_OF_MEMORY = 8;
  /// From how many series on one is looked at first, to see how large its histograms are.
  private static final int MANY_SERIES = 16;

  private final Run run;
  private final Shape shape;
  private final Map<Key, Source> kept = new HashMap<>();
  private Sharing sharing = Sharing.NONE;
  private long bytes;

  SharedParts(Run run, Shape shape) {
    this.run = run;
    this.shape = shape;
  }

  /// A part at the times of a grid.
  record Key(int part, Grid grid) {}

  /// What a series of numbers takes.
  static long rowBytes(int steps) {
    return (long) steps * Double.BYTES + Run.ROW_BYTES;
  }

  /// Bytes that may still be kept besides those that are.
  static long room(Run run, long keptBytes) {
    return run.config.memoryBytesMax() / SHARE_OF_MEMORY - keptBytes;
  }

  /// Takes in what will be evaluated. A query that asks what each step looks at shares nothing: every place counts.
  void look(Expr expr, ResetWatch resets) {
    kept.clear();
    sharing = run.request.countsSteps() ? Sharing.NONE : Sharing.of(expr, resets);
    run.notes.share(sharing.twins());
  }

  /// The vector `expr` at the times of `grid`, made by `maker` if it is not at hand.
  Source of(Expr expr, Grid grid, Supplier<Source> maker) {
    if (!sharing.isShared(expr)) {
      return maker.get();
    }
    var key = new Key(sharing.part(expr), grid);
    Source known = kept.get(key);
    if (known != null) {
      return known;
    }
    Source made = maker.get();
    if (made instanceof Table || fits(made, grid.count())) {
      made = shape.kept(made, grid.count());
      kept.put(key, made);
    }
    return made;
  }

  private boolean fits(Source source, int steps) {
    long room = room(run, bytes);
    long needed = source.count() * rowBytes(steps);
    if (needed <= room && source.count() > MANY_SERIES) {
      needed += source.count() * histogramBytes(source, steps);
    }
    if (needed > room) {
      return false;
    }
    bytes += needed;
    return true;
  }

  private long histogramBytes(Source source, int steps) {
    var histograms = new long[1];
    run.fanout.each(1, (_, scratch) -> {
      Column column = scratch.column(steps);
      source.column(0, column, scratch);
      histograms[0] = column.histogramCells(steps) * Double.BYTES;
      scratch.giveBack(column);
    });
    return histograms[0];
  }
}
