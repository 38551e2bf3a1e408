package io.tidemark.storage.head;

import io.tidemark.codec.ByteWriter;
import java.util.BitSet;

/// The symbols and label pairs of the series that go into a checkpoint, numbered in the order in which they are written. Others, of series
/// that stopped, are forgotten with these.
final class WrittenSeries {
  private final SeriesIndex index;
  final BitSet symbols = new BitSet();
  final BitSet pairs;
  /// By number in the index.
  private final int[] symbolNumbers;
  private final int[] pairNumbers;
  private final int[] seriesOfPair;
  private final int[] labels = new int[SeriesIndex.LABELS_MAX];

  WrittenSeries(SeriesIndex index, BitSet series) {
    this.index = index;
    seriesOfPair = new int[index.pairCount()];
    pairs = new BitSet(seriesOfPair.length);
    for (int ref = series.nextSetBit(0); ref >= 0; ref = series.nextSetBit(ref + 1)) {
      int count = index.pairs(ref, labels);
      for (int i = 0; i < count; i++) {
        seriesOfPair[labels[i]]++;
      }
    }
    for (int pair = 0; pair < seriesOfPair.length; pair++) {
      if (seriesOfPair[pair] > 0) {
        pairs.set(pair);
        symbols.set(index.pairName(pair));
        symbols.set(index.pairValue(pair));
      }
    }
    pairNumbers = numbers(pairs);
    symbolNumbers = numbers(symbols);
  }

  private static int[] numbers(BitSet of) {
    int[] numbers = new int[of.length()];
    int next = 0;
    for (int i = of.nextSetBit(0); i >= 0; i = of.nextSetBit(i + 1)) {
      numbers[i] = next++;
    }
    return numbers;
  }

  void writePair(int pair, ByteWriter out) {
    out.writeVarint(symbolNumbers[index.pairName(pair)]);
    out.writeVarint(symbolNumbers[index.pairValue(pair)]);
    out.writeVarint(seriesOfPair[pair]);
  }

  /// Writes the hash, the count and the pairs of a series.
  void writeLabels(int ref, ByteWriter out) {
    int count = index.pairs(ref, labels);
    out.writeInt(index.hash(ref));
    out.writeVarint(count);
    for (int i = 0; i < count; i++) {
      out.writeVarint(pairNumbers[labels[i]]);
    }
  }
}
