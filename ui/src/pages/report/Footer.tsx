import type { Check } from "../../api/report";
import { formatCount, formatNumber, formatShareTick, formatTime } from "../../lib/format";
import { metricLabel } from "../../lib/measurement";

/** How the page is to be read, in plain words, and what it was made with. */
export function Footer({ check }: { check: Check }) {
  return (
    <footer id="reading" className="page-foot" tabIndex={-1}>
      <section aria-labelledby="reading-title">
        <h2 id="reading-title">How to read this</h2>
        <dl className="reading">
          <div>
            <dt>Reference and current</dt>
            <dd>
              The reference is the data to compare with, often what the model was trained on. The
              current data is what the check is about. Both are always shown in this order.
            </dd>
          </div>
          <div>
            <dt>PSI</dt>
            <dd>
              The population stability index says how far two distributions are apart. 0 is no
              difference; below 0.1 is commonly called stable, from 0.25 on a major change.
            </dd>
          </div>
          <div>
            <dt>Threshold and noise allowance</dt>
            <dd>
              Even two samples of the same data differ. The smaller they are, the more. The first
              mark of a strip is the effect that matters; the hatched stretch after it is what
              chance may add at this sample size; from the thick mark on a change counts. A false
              alarm there has a chance of at most {formatShareTick(check.settings.alpha)} for each
              measurement.
            </dd>
          </div>
          <div>
            <dt>Unknown</dt>
            <dd>
              It could not be said: too few rows, no values, or a reference without variation.
              Unknown is not OK, and it is never drawn as zero.
            </dd>
          </div>
          <div>
            <dt>Drift of the data set</dt>
            <dd>
              Many columns are tested at once, so some would pass a threshold by chance. Of the
              columns counted as changed, at most {formatShareTick(check.settings.fdr_q)} are
              expected to be such chances.
            </dd>
          </div>
          <div>
            <dt>What it does not say</dt>
            <dd>
              A change of the data is a reason to look, not proof that the model became worse: that
              takes labels.
            </dd>
          </div>
        </dl>
      </section>
      <Made check={check} />
    </footer>
  );
}

function Made({ check }: { check: Check }) {
  const { settings } = check;
  const facts: [string, string][] = [
    ["Watchkeeper", check.version],
    ["Generated", formatTime(check.generated_at)],
    ["Model", `${check.model.name} (${check.model.source})`],
    ["Alpha", formatNumber(settings.alpha)],
    ["FDR q", formatNumber(settings.fdr_q)],
    [
      "Metrics",
      settings.metrics.length > 0 ? settings.metrics.map(metricLabel).join(", ") : "default",
    ],
    ["Exact up to", `${formatCount(settings.exact_rows)} rows`],
    ["Periods", settings.by ?? "none"],
    ["Segments", settings.segment ?? "none"],
    ["Reference", check.reference.paths.join(", ") || "–"],
    ["Current", check.current.paths.join(", ") || "–"],
  ];
  return (
    <section aria-labelledby="made-title">
      <h2 id="made-title">How this was made</h2>
      <dl className="made">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
