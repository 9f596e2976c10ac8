"""An MCP server on FastMCP that knows nothing of Entra: the gateway's assertion says who calls."""

import os

from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token

issuer = os.environ.get("ISSUER", "http://localhost:8080")

mcp = FastMCP(
    "tickets",
    auth=JWTVerifier(
        jwks_uri=f"{issuer}/jwks",
        issuer=issuer,
        audience=os.environ.get("AUDIENCE", "https://tickets.example/mcp"),
        algorithm="RS256",
        required_scopes=["tickets.read"],
    ),
)


@mcp.tool
def list_tickets() -> dict:
    """Lists the tickets of the person who calls."""
    claims = get_access_token().claims
    return {"owner": claims.get("name", claims["sub"]), "tickets": [17, 42]}


if __name__ == "__main__":
    mcp.run(transport="http", host="127.0.0.1", port=int(os.environ.get("PORT", "3002")), show_banner=False)
