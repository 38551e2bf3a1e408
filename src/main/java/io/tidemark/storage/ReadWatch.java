package io.tidemark.storage;

/// Who reads watches over what the reading costs. Any thread, several at once.
public interface ReadWatch {
  /// Lets everything pass.
  ReadWatch NONE = new ReadWatch() {
    @Override
    public void beat() {}

    @Override
    public void hold(long bytes) {}
  };

  /// Called about every thousand rounds of a loop, whatever it loops over; throws to stop the read.
  void beat();

  /// Asks for memory that lives as long as the view, before it is taken; throws when there is none.
  void hold(long bytes);
}
