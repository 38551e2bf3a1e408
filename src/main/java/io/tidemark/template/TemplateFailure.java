package io.tidemark.template;

/// Why an expression has no value; gets its place and becomes a `TidemarkException` on the way out of this house.
final class TemplateFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TemplateFailure(String message) {
    super(message, null, false, false);
  }

  @Override
  public String getMessage() {
    return String.valueOf(super.getMessage());
  }
}
