// A dialog that is answered by an error would just stay open. The page itself says what is wrong: log in, not found.
document.addEventListener("htmx:responseError", () => window.location.reload());

// Copies what stands below. Where the browser keeps the clipboard for itself, the text is selected instead.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    window.getSelection().selectAllChildren(source);
  }
});
