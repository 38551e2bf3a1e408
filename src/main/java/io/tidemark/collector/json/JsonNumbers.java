package io.tidemark.collector.json;

import io.tidemark.collector.text.Numbers;
import java.nio.charset.StandardCharsets;

/// Reads the number of a JSON token or text.
final class JsonNumbers {
  private final Numbers numbers = new Numbers();

  double value(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return numbers.decimal(bytes, 0, bytes.length);
  }

  boolean isValid() {
    return numbers.isValid();
  }
}
