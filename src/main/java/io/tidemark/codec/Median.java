package io.tidemark.codec;

/// The middle one of some numbers, by selection (Hoare, "Algorithm 65: Find", 1961).
final class Median {
  private Median() {}

  /// The number that stands at `count / 2` when `numbers[0..count)` (1 or more) are sorted; leaves them in another order.
  static long of(long[] numbers, int count) {
    int wanted = count / 2;
    int low = 0;
    int high = count - 1;
    while (low < high) {
      long pivot = numbers[low + high >>> 1];
      int i = low;
      int j = high;
      while (i <= j) {
        while (numbers[i] < pivot) {
          i++;
        }
        while (numbers[j] > pivot) {
          j--;
        }
        if (i <= j) {
          long swap = numbers[i];
          numbers[i++] = numbers[j];
          numbers[j--] = swap;
        }
      }
      if (wanted <= j) {
        high = j;
      } else if (wanted >= i) {
        low = i;
      } else {
        break;
      }
    }
    return numbers[wanted];
  }
}
