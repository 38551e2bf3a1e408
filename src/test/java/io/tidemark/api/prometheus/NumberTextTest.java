package io.tidemark.api.prometheus;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
    var out = new StringBuilder();
    NumberText.append(out, Double.parseDouble(value));
    assertEquals(text, out.toString());
  }
}
