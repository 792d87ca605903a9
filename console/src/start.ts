// The first script: small, so that all that the first view needs is on its way at once, whatever the place.
import { preferredLocale, loadSpeech } from "./i18n/speech";
import { presentPlace } from "./place";
import { loadPage } from "./routes";

loadPage(presentPlace().path).catch(() => {}); // who shows it says so
void loadSpeech(preferredLocale());
void import("./main");
