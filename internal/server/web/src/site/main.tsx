// Draws the page anew from the answer that it came with, and makes it move.
import "./site.css";
import type { ComponentType } from "react";
import { createRoot } from "react-dom/client";
import { Search } from "./ui/Search";
import { Help } from "./ui/Help";
import { ThemeSwitch } from "./ui/ThemeSwitch";
import type { Boot } from "./ui/usePage";

const pages: Record<string, () => Promise<ComponentType<{ boot: Boot }>>> = {
  home: async () => (await import("./pages/Home")).HomePage,
  project: async () => (await import("./pages/Project")).ProjectPage,
  compare: async () => (await import("./pages/Compare")).ComparePage,
  portfolio: async () => (await import("./pages/Portfolio")).PortfolioPage,
  rankings: async () => (await import("./pages/Rankings")).RankingsPage,
  build: async () => (await import("./pages/Build")).BuildPage,
};

const text = document.getElementById("boot")?.textContent;
const boot = text ? (JSON.parse(text) as Boot) : undefined;
const load = boot && pages[boot.page];
if (load) {
  const Page = await load();
  createRoot(document.getElementById("page")!).render(<Page boot={boot} />);
}
createRoot(document.getElementById("theme")!).render(
  <>
    <Help />
    <ThemeSwitch />
  </>,
);
createRoot(document.getElementById("search")!).render(<Search label="Find a project" slash={boot?.page !== "home"} />);
