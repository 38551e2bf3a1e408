// Runs before the first paint, so that a remembered theme never flashes the other one.
try {
  var theme = localStorage.getItem('tidemark.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch (blocked) {
  // Storage is forbidden in this browser: the system's preference applies.
}
