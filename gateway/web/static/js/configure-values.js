// The values of parameters, as the configuration page keeps them and as addresses write them.

const TRUE = ["true", "1", "yes", "on"];
const FALSE = ["false", "0", "no", "off"];

// An empty text would be ignored.
export const textOf = (value) => (Array.isArray(value) ? value.join(",") || "none" : String(value));

export function defaultsOf(controls, kind) {
  const own = controls.filter(({ kinds }) => kinds.includes(kind));
  return { ...Object.fromEntries(own.map(({ name, defaults }) => [name, structuredClone(defaults[kind])])), preset: "" };
}

export function insets(now, normal) {
  const pairs = [["edge_inset_x", now.edge_inset_x], ["edge_inset_y", now.edge_inset_y]];
  const other = pairs.filter(([name, value]) => value !== normal[name]);
  if (!other.length) return [];
  return now.edge_inset_x === now.edge_inset_y ? [["edge_inset", String(now.edge_inset_x)]] : other.map(([name, value]) => [name, String(value)]);
}

export function valueOf({ control, choices, lowest, highest, pattern }, given, sites) {
  const text = given.trim();
  const word = text.toLowerCase();
  switch (control) {
    case "switch":
      return TRUE.includes(word) ? true : FALSE.includes(word) ? false : undefined;
    case "segments":
      return choices.some(({ value }) => value === word) ? word : undefined;
    case "slider":
      return /^\d{1,3}$/.test(text) && Number(text) >= lowest && Number(text) <= highest ? Number(text) : undefined;
    case "sites":
      return [...new Set(word.split(","))].filter((site) => sites.includes(site));
    case "picks":
      return word === "none" ? [] : [...new Set(word.split(","))].filter((each) => choices.some(({ value }) => value === each)).slice(0, highest);
    case "list": {
      const words = [...new Set(word.split(","))].filter((one) => choices.some(({ value }) => value === one));
      return words.length ? words : word === "none" ? ["none"] : undefined;
    }
    case "text":
      return text.length >= lowest && text.length <= highest && new RegExp(pattern).test(text) ? text : undefined;
    default:
      return undefined;
  }
}

export const encoded = (text) => encodeURIComponent(text).replaceAll("%2C", ",").replaceAll("%3A", ":");
