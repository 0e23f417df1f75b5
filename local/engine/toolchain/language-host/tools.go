// Package tools pins what `npm run engine` builds where no Pulumi CLI is installed.
package tools
