package io.tidemark.codec;

import java.util.ArrayList;
import java.util.List;

/// The tables that the columns of one block are coded with. One that reads is safe on any thread, one that is written has one thread.
///
/// It grows while columns come: who brings tokens that a table of their own would shorten by more than the table takes adds it. So series
/// that are alike share a table, and each is within a few percent of one made for it alone. Column tables are numbered: 0 for a column
/// of zeros, which has none, {@link #GENERAL} for one that fits all, then those that were added.
public final class Codebook {
  static final int ZEROS = 0;
  static final int GENERAL = 1;
  /// Numbers of a table are a byte.
  private static final int TABLES_MAX = 256;
  private static final EntropyTable GENERAL_TABLE = EntropyTable.general();

  private final List<EntropyTable> added;

  private Codebook(List<EntropyTable> added) {
    this.added = added;
  }

  /// One without tables, to be added to.
  public Codebook() {
    this(new ArrayList<>());
  }

  /// How many tables were added, and each.
  public void write(ByteWriter out) {
    out.writeVarint(added.size());
    added.forEach(table -> table.write(out));
  }

  /// What {@link #write} wrote.
  public static Codebook read(ByteReader in) {
    int count = in.readCount(1);
    if (count > TABLES_MAX - GENERAL - 1) {
      throw in.corrupt(count + " tables");
    }
    var tables = new ArrayList<EntropyTable>(count);
    for (int i = 0; i < count; i++) {
      tables.add(EntropyTable.read(in));
    }
    return new Codebook(List.copyOf(tables));
  }

  /// The number of the last table.
  int last() {
    return GENERAL + added.size();
  }

  EntropyTable table(int number) {
    return number == GENERAL ? GENERAL_TABLE : added.get(number - GENERAL - 1);
  }

  /// The table that codes tokens of these counts in the fewest bits: their number, and those bits in parts of `COST_UNIT`.
  private record Choice(int table, long cost) {}

  private Choice choice(int[] counts) {
    int present = 0;
    var tokens = new int[Tokens.COUNT];
    for (int token = 0; token < Tokens.COUNT; token++) {
      if (counts[token] > 0) {
        tokens[present++] = token;
      }
    }
    int best = GENERAL;
    long least = Long.MAX_VALUE;
    for (int number = GENERAL; number <= last(); number++) {
      EntropyTable table = table(number);
      long cost = 0;
      for (int i = 0; i < present && cost < least; i++) {
        cost += (long) table.cost(tokens[i]) * counts[tokens[i]];
      }
      if (cost < least) {
        least = cost;
        best = number;
      }
    }
    return new Choice(best, least);
  }

  /// The number of the table to code tokens of these counts with, of which not all are 0.
  int best(int[] counts) {
    return choice(counts).table();
  }

  /// Adds a table for tokens of these counts, if that is worth it.
  void learn(int[] counts) {
    if (last() == TABLES_MAX - 1) {
      return;
    }
    EntropyTable own = EntropyTable.of(counts);
    long cost = 0;
    for (int token = 0; token < Tokens.COUNT; token++) {
      cost += (long) own.cost(token) * counts[token];
    }
    long least = choice(counts).cost();
    if (least > cost) {
      var bytes = new ByteWriter(128);
      own.write(bytes);
      if (least - cost > bytes.count() * 8L * EntropyTable.COST_UNIT) {
        added.add(own);
      }
    }
  }
}
