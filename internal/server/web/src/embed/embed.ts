// The script of other people's pages: defines <clickql-chart>, and has iframes of
// /embed be as high as their content. Loading it twice does no harm.
import { ClickqlChart } from "./component";
import { watchFrames } from "./frames";

if (!customElements.get("clickql-chart")) {
  customElements.define("clickql-chart", ClickqlChart);
  watchFrames();
}
