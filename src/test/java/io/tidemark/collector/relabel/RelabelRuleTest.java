package io.tidemark.collector.relabel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
import io.tidemark.model.LabelSet;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Each action of relabelling, on `a="foo", b="bar", c="baz"`.
class RelabelRuleTest {
  @ParameterizedTest
  @CsvSource(delimiter = ';', quoteCharacter = '~', value = {
      "{source_labels: [a], regex: 'f(.*)', target_label: d, replacement: 'ch${1}-ch${1}'}; {a='foo', b='bar', c='baz', d='choo-choo'}",
      "{source_labels: [a, b], separator: '-', regex: '(.*)-(.*)', target_label: c, replacement: '$2$1'}; {a='foo', b='bar', c='barfoo'}",
      "{source_labels: [a], regex: 'o', target_label: d, replacement: x}; {a='foo', b='bar', c='baz'}",
      "{source_labels: [a], regex: '(?P<n>f).*', target_label: '${n}x', replacement: '$$-$n-$9'}; {a='foo', b='bar', c='baz', fx='$-f-'}",
      "{target_label: a, replacement: ''}; {b='bar', c='baz'}",
      "{source_labels: [a], regex: 'f.*', action: drop}; dropped",
      "{source_labels: [a], regex: 'x.*', action: drop}; {a='foo', b='bar', c='baz'}",
      "{source_labels: [a], regex: 'x.*', action: keep}; dropped",
      "{source_labels: [a], target_label: b, action: keepequal}; dropped",
      "{source_labels: [a], target_label: b, action: dropequal}; {a='foo', b='bar', c='baz'}",
      "{source_labels: [c], target_label: d, action: hashmod, modulus: 1000}; {a='foo', b='bar', c='baz', d='976'}",
      "{regex: '(b)', replacement: 'bar_${1}', action: labelmap}; {a='foo', b='bar', bar_b='bar', c='baz'}",
      "{regex: '[ab]', action: labeldrop}; {c='baz'}",
      "{regex: '[ab]', action: labelkeep}; {a='foo', b='bar'}",
      "{source_labels: [a], target_label: d, action: uppercase}; {a='foo', b='bar', c='baz', d='FOO'}",
  })
  void eachActionDoesWhatPrometheusDoes(String rule, String expected) {
    var problems = new Problems("t.yml");
    var rules = RelabelRule.readAll(Yaml.parse("rules:\n- " + rule + "\n", problems), "rules");
    problems.throwIfAny();
    var labels = new TreeMap<>(LabelSet.of("a", "foo", "b", "bar", "c", "baz").toMap());
    String found = RelabelRule.apply(rules, labels) ? LabelSet.of(labels).toString().replace('"', '\'') : "dropped";
    assertEquals(expected, found);
  }
}
