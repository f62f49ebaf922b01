// The side of the paper that was chosen, before anything is drawn. crate web keeps it (storage.rs).
try {
  // A frame of another page is told by its address.
  const told = new URLSearchParams(location.hash.slice(1)).get('theme');
  const theme = ['light', 'dark'].includes(told) ? told : localStorage.getItem('rollout-lab/1/theme');
  if (theme) document.documentElement.dataset.theme = theme;
  if ('embed' in document.documentElement.dataset && new URLSearchParams(location.hash.slice(1)).has('readonly')) {
    document.documentElement.dataset.readonly = '';
  }
} catch {
  // Without storage the system decides.
}
