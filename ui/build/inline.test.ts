import { describe, expect, it } from "vitest";
import { escapeScript, fillTemplate } from "./inline.ts";

describe("inline", () => {
  it("does not let script text end its element", () => {
    expect(escapeScript('"</script><!--"')).toBe('"<\\/script><\\!--"');
  });

  it("fills each place once, and takes `$` literally", () => {
    const page = "<title><!--wk:title--></title><!--wk:static--><script><!--wk:data--></script>";
    const parts = { title: "$& $1", static: "<p>", data: "{}" };
    expect(fillTemplate(page, parts)).toBe("<title>$& $1</title><p><script>{}</script>");
    expect(() => fillTemplate(page + page, parts)).toThrow(/exactly once/);
  });
});
