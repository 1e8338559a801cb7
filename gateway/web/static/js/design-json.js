// The file of a design, as the browser reads it.

const LARGEST_FILE = 65_536; // bytes, which is also the most that the service reads

/** Return the JSON value in the file of a design. Throws an Error that says what is wrong with the file. */
export async function jsonOfFile(file) {
  if (file.size > LARGEST_FILE) throw new Error("This file is too large for a design, which has at most 8 KB.");
  const text = await file.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("This file is not a design: it is not JSON.");
  }
}
