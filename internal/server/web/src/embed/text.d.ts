// Files that are bundled as they are, style sheets without their blanks.
declare module "*?text" {
  const text: string;
  export default text;
}
