import { Component, type ReactNode } from "react";

/** One part that fails leaves the rest of the page alive, and says so in its place. */
export class ErrorBoundary extends Component<
  { part: string; children: ReactNode },
  { failed: boolean }
> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <p className="notice" role="alert">
        The part “{this.props.part}” of this report could not be drawn. The rest is unaffected.
      </p>
    );
  }
}
