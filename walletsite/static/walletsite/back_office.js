// A dialog that is answered by an error would just stay open. The page itself says what is wrong: log in, not found.
document.addEventListener("htmx:responseError", () => window.location.reload());
