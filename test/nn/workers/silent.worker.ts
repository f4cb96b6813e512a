// Loads, and serves nothing.
setTimeout(() => {}, 0);
