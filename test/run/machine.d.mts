export declare const repository: string;
export declare const vscodeServerFolder: string;
export declare const vscodeServer: string;
export declare function findProgram(...names: string[]): string | undefined;
export declare function findBrowser(): string | undefined;
