// The side of the paper that was chosen, before anything is drawn. crate web keeps it (storage.rs).
try {
  const theme = localStorage.getItem('rollout-lab/1/theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system decides.
}
