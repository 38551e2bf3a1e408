package io.tidemark.api.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumberTextTest {
  @ParameterizedTest
  @CsvSource({
      "0, 0", "-0.0, -0", "1, 1", "-2.5, -2.5", "0.1, 0.1", "1e-6, 0.000001", "1e-7, 1e-07", "-2.5e-9, -2.5e-09",
      "1e20, 100000000000000000000",
      "1e21, 1e+21", "123456789012345680000, 123456789012345680000", "1.7976931348623157e308, 1.7976931348623157e+308",
      "NaN, NaN", "Infinity, +Inf", "-Infinity, -Inf", "4.9E-324, 5e-324", "9.9E-324, 1e-323", "1.5E-323, 1.5e-323", "2.0E-323, 2e-323",
      "-4.9E-324, -5e-324", "2.2250738585072014E-308, 2.2250738585072014e-308"
  })
  void writesValuesAsPrometheusDoes(String value, String text) {
    assertEquals(text, NumberText.text(Double.parseDouble(value), NumberText.Style.JSON));
  }

  /// As Prometheus 3.5 writes them in `/federate`.
  @ParameterizedTest
  @CsvSource({"8.3756e-05, 8.3756e-05", "0.000563671, 0.000563671", "-0.0, 0", "1000000, 1e+06", "999999, 999999",
      "1234567.5, 1.2345675e+06",
      "123456.75, 123456.75", "-Infinity, -Inf", "1e-4, 0.0001"})
  void writesValuesAsTheTextFormatDoes(String value, String text) {
    assertEquals(text, NumberText.text(Double.parseDouble(value), NumberText.Style.EXPOSITION));
  }

  @ParameterizedTest
  @CsvSource({"1700000000000, 1700000000", "1700000000100, 1700000000.1", "1500, 1.5", "1, 0.001", "-1, -0.001", "-1500, -1.5", "0, 0",
      "9223372036854775807, 9223372036854775.807", "-9223372036854775808, -9223372036854775.808", "10, 0.01"})
  void writesTimesAsPrometheusDoes(long millis, String text) {
    var out = new byte[NumberText.BYTES_MAX];
    assertEquals(text, new String(out, 0, NumberText.seconds(out, 0, millis), StandardCharsets.US_ASCII));
  }
}
