package io.tidemark.notify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimeIntervalTest {
  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
      "times: [{start_time: '09:00', end_time: '17:00'}]                     | 2023-12-15T09:00:00Z | true",
      "times: [{start_time: '09:00', end_time: '17:00'}]                     | 2023-12-15T16:59:59Z | true",
      "times: [{start_time: '09:00', end_time: '17:00'}]                     | 2023-12-15T17:00:00Z | false",
      "times: [{start_time: '22:00', end_time: '24:00'}]                     | 2023-12-15T23:59:00Z | true",
      "{times: [{start_time: '09:00', end_time: '17:00'}], location: Asia/Tokyo} | 2023-12-15T00:30:00Z | true",
      "weekdays: ['monday:friday']                                           | 2023-12-15T00:00:00Z | true",
      "weekdays: ['monday:friday']                                           | 2023-12-16T00:00:00Z | false",
      "weekdays: [sunday]                                                    | 2023-12-17T00:00:00Z | true",
      "days_of_month: ['1:5', '15']                                          | 2023-12-15T00:00:00Z | true",
      "days_of_month: ['-3:-1']                                              | 2023-02-26T00:00:00Z | true",
      "days_of_month: ['-3:-1']                                              | 2023-02-25T00:00:00Z | false",
      "days_of_month: ['25:-1']                                              | 2023-02-28T00:00:00Z | true",
      "days_of_month: ['31']                                                 | 2023-02-28T00:00:00Z | false",
      "months: ['november:december']                                         | 2023-12-15T00:00:00Z | true",
      "months: ['1:3']                                                       | 2023-12-15T00:00:00Z | false",
      "years: ['2020:2022', '2023']                                          | 2023-12-15T00:00:00Z | true",
      "years: ['2024']                                                       | 2023-12-15T00:00:00Z | false",
      "{weekdays: [friday], months: [may]}                                   | 2023-12-15T00:00:00Z | false"})
  void holdsWhenEveryGivenPartDoes(String yaml, String at, boolean expected) {
    var problems = new Problems("test.yml");
    TimeInterval interval = TimeIntervalReader.read(Yaml.parse(yaml, problems));
    assertEquals(List.of(), problems.texts());
    assertEquals(expected, interval.contains(Instant.parse(at).toEpochMilli()));
  }
}
