package io.tidemark.query.peer;

import io.tidemark.codec.ByteReader;
import io.tidemark.model.Exemplar;
import io.tidemark.model.LabelSet;
import io.tidemark.query.evaluate.PartResult;
import io.tidemark.storage.SeriesExemplars;
import io.tidemark.storage.SeriesReader.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// A whole answer, each frame checked. Immutable; any thread.
///
/// @param peer     who gave it, for messages
/// @param absent   shards that it says nothing of, because the peer does not have them
/// @param behind   shards that lack something of what was asked for
/// @param frames   bodies of the frames that hold what was asked for
/// @param warnings what was missing where it was read
public record PeerAnswer(String peer, Set<Integer> absent, Set<Integer> behind, List<Frame> frames, long series, long samples,
    List<String> warnings) {
  /// The body of one frame.
  record Frame(int kind, byte[] body) {}

  public PeerAnswer {
    absent = Set.copyOf(absent);
    behind = Set.copyOf(behind);
    frames = List.copyOf(frames);
    warnings = List.copyOf(warnings);
  }

  private String source() {
    return "answer of peer " + peer;
  }

  /// The series of an answer to `Select`, in the order given; samples stay encoded until they are read.
  public RemoteSelection selection() {
    var found = new ArrayList<RemoteSelection.Series>();
    var symbols = new ArrayList<String>();
    for (Frame frame : of(PeerFormat.SERIES)) {
      var in = new ByteReader(source(), frame.body);
      while (in.remaining() > 0) {
        int labels = in.readCount(0) - 1;
        if (labels >= 0) {
          found.add(new RemoteSelection.Series(labels(in, labels, symbols), run(in, frame.body)));
        } else if (found.isEmpty()) {
          throw PeerFormat.corrupt(source(), "begins with the rest of a series");
        } else {
          found.add(found.removeLast().and(run(in, frame.body)));
        }
      }
    }
    if (found.size() != series) {
      throw PeerFormat.corrupt(source(), found.size() + " series, its end says " + series);
    }
    return new RemoteSelection(source(), found);
  }

  private LabelSet labels(ByteReader in, int count, List<String> symbols) {
    if (count > in.remaining()) {
      throw PeerFormat.corrupt(source(), count + " labels in " + in.remaining() + " bytes");
    }
    var pairs = new String[count * 2];
    for (int i = 0; i < pairs.length; i++) {
      pairs[i] = symbol(in, symbols);
    }
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i + 1].isEmpty() || i > 0 && pairs[i - 2].compareTo(pairs[i]) >= 0) {
        throw PeerFormat.corrupt(source(), "labels that are empty or not sorted");
      }
    }
    return LabelSet.ofSorted(pairs);
  }

  private String symbol(ByteReader in, List<String> symbols) {
    int number = in.readCount(0);
    if (number == 0) {
      String text = in.readText();
      if (symbols.size() < PeerFormat.SYMBOLS_MAX) {
        symbols.add(text);
      }
      return text;
    }
    if (number > symbols.size()) {
      throw PeerFormat.corrupt(source(), "symbol " + number + " of " + symbols.size());
    }
    return symbols.get(number - 1);
  }

  private RemoteSelection.Run run(ByteReader in, byte[] body) {
    int samplesHere = in.readCount(0);
    if (samplesHere > PeerFormat.RUN_SAMPLES_MAX) {
      throw PeerFormat.corrupt(source(), "a run of " + samplesHere + " samples; at most " + PeerFormat.RUN_SAMPLES_MAX);
    }
    int bytes = samplesHere == 0 ? 0 : in.readCount(1);
    int begin = in.skip(bytes);
    return new RemoteSelection.Run(body, begin, begin + bytes, samplesHere);
  }

  /// The answer to `Evaluate` of a part of so many steps.
  public PartResult part(int steps) {
    if (frames.isEmpty() || frames.getFirst().kind != PeerFormat.PART) {
      throw PeerFormat.corrupt(source(), "expected the result of a part of a query");
    }
    var columns = new PeerAnswer(peer, absent, behind, frames.subList(1, frames.size()), series, samples, warnings);
    return PartFormat.readResult(new ByteReader(source(), frames.getFirst().body), columns.selection(), steps);
  }

  /// The texts of an answer to `Names` or `Values`.
  public List<String> texts() {
    var texts = new ArrayList<String>();
    for (Frame frame : of(PeerFormat.TEXTS)) {
      var in = new ByteReader(source(), frame.body);
      while (in.remaining() > 0) {
        texts.add(in.readText());
      }
    }
    return texts;
  }

  /// The answer to `Exemplars`.
  public List<SeriesExemplars> exemplars() {
    var all = new ArrayList<SeriesExemplars>();
    for (Frame frame : of(PeerFormat.EXEMPLAR_LISTS)) {
      var in = new ByteReader(source(), frame.body);
      while (in.remaining() > 0) {
        LabelSet series = canonicalLabels(in);
        int count = in.readCount(10);
        var exemplars = new ArrayList<Exemplar>(count);
        for (int i = 0; i < count; i++) {
          LabelSet labels = canonicalLabels(in);
          double value = Double.longBitsToDouble(in.readLong());
          exemplars.add(new Exemplar(labels, value, in.readZigzag()));
        }
        all.add(new SeriesExemplars(series, exemplars));
      }
    }
    return all;
  }

  private static LabelSet canonicalLabels(ByteReader in) {
    int bytes = in.readCount(1);
    int from = in.skip(bytes);
    return LabelSet.fromCanonicalBytes(in.array(), from, from + bytes);
  }

  /// The answer to `Metrics`.
  public Map<String, List<Metadata>> metadata() {
    var all = new TreeMap<String, List<Metadata>>();
    for (Frame frame : of(PeerFormat.METRICS)) {
      var in = new ByteReader(source(), frame.body);
      while (in.remaining() > 0) {
        String metric = in.readText();
        int count = in.readCount(3);
        var texts = new ArrayList<Metadata>(count);
        for (int i = 0; i < count; i++) {
          String type = in.readText();
          String help = in.readText();
          texts.add(new Metadata(type, help, in.readText()));
        }
        all.put(metric, texts);
      }
    }
    return all;
  }

  private List<Frame> of(int kind) {
    for (Frame frame : frames) {
      if (frame.kind != kind) {
        throw PeerFormat.corrupt(source(), "a frame of kind " + frame.kind + " among those of kind " + kind);
      }
    }
    return frames;
  }
}
